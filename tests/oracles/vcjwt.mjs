// Credentials and presentations of the W3C as JWTs, by jose.
import {SignJWT, importJWK, jwtVerify} from 'jose';
import {algorithm} from './keys.mjs';

export async function sign({payload, key, header}) {
  return new SignJWT(payload)
    .setProtectedHeader({alg: algorithm(key), ...header})
    .sign(await importJWK(key, algorithm(key)));
}

export async function verify({text, key, typ, aud, now}) {
  const {payload, protectedHeader} = await jwtVerify(text, await importJWK(key, algorithm(key)), {
    typ, audience: aud, currentDate: new Date(now * 1000)
  });
  return {payload, header: protectedHeader};
}
