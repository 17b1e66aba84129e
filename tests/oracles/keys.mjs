// Keys of Ed25519 and P-256 from JWKs, by Node's own cryptography.
import {createHash, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';

const options = (key, jwk) => jwk.kty === 'EC' ?
  {how: 'sha256', key: {key, dsaEncoding: 'ieee-p1363'}} : {how: null, key};

export const algorithm = jwk => jwk.kty === 'EC' ? 'ES256' : 'EdDSA';

export function signer(jwk) {
  const {how, key} = options(createPrivateKey({key: jwk, format: 'jwk'}), jwk);
  return async text => sign(how, Buffer.from(text), key).toString('base64url');
}

export function verifier(jwk) {
  const {how, key} = options(createPublicKey({key: jwk, format: 'jwk'}), jwk);
  return async (text, signature) =>
    verify(how, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}

export const hasher = (data, name) =>
  createHash(name.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest();
