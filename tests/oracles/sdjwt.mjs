// SD-JWT VC by @sd-jwt/sd-jwt-vc.
import {randomBytes} from 'node:crypto';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {algorithm, hasher, signer, verifier} from './keys.mjs';

const common = {hasher, hashAlg: 'sha-256', saltGenerator: length => randomBytes(length).toString('base64url')};

// issue a payload; `frame` names what is hidden, as the library wants it
export async function issue({payload, frame, key, kid}) {
  const library = new SDJwtVcInstance({...common, signer: signer(key), signAlg: algorithm(key)});
  return library.issue(payload, frame, {header: {kid}});
}

// show what `frame` names, bound to a verifier and a nonce
export async function present({credential, frame, key, aud, nonce, iat}) {
  const library = new SDJwtVcInstance({...common, kbSigner: signer(key), kbSignAlg: algorithm(key)});
  return library.present(credential, frame, {kb: {payload: {aud, nonce, iat}}});
}

// `metadata` is what would be found at the vct
export async function verify({text, key, nonce, now, metadata}) {
  const library = new SDJwtVcInstance({
    ...common,
    verifier: verifier(key),
    kbVerifier: (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature),
    loadTypeMetadataFormat: metadata !== undefined,
    vctFetcher: async () => metadata
  });
  const found = await library.verify(text, {
    currentDate: now, keyBindingNonce: nonce, requiredClaimKeys: ['iss', 'vct']
  });
  return {payload: found.payload, binding: found.kb?.payload, type: found.typeMetadata?.mergedTypeMetadata};
}
