// A wallet by @openid4vc/openid4vp, dcql and @sd-jwt/sd-jwt-vc: from the QR code to the answer, over HTTP.
import {createHash, randomBytes} from 'node:crypto';
import {Openid4vpClient} from '@openid4vc/openid4vp';
import {setGlobalConfig} from '@openid4vc/oauth2';
import {DcqlQuery} from 'dcql';
import {CompactEncrypt, importJWK} from 'jose';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {algorithm, hasher, signer, verifier} from './keys.mjs';

setGlobalConfig({allowInsecureUrls: true}); // the node under test listens on loopback

const digest = text => createHash('sha256').update(text).digest('base64url');

const callbacks = {
  hash: (data, name) => hasher(data, name),
  verifyJwt: async ({method, didUrl}, {compact}) => {
    if(method !== 'did') return {verified: false};
    const [signed, signature] = [compact.slice(0, compact.lastIndexOf('.')), compact.split('.')[2]];
    const signerJwk = await keyOf(didUrl);
    return {verified: await verifier(signerJwk)(signed, signature), signerJwk};
  },
  encryptJwe: async ({publicJwk, alg, enc, apu, apv}, data) => {
    const encrypting = new CompactEncrypt(Buffer.from(data)).setProtectedHeader({alg, enc, apu, apv, kid: publicJwk.kid});
    return {jwe: await encrypting.encrypt(await importJWK(publicJwk, alg)), encryptionJwk: publicJwk};
  }
};

// the key of a did:web of this machine; elsewhere it would be https
async function keyOf(didUrl) {
  const [did] = didUrl.split('#');
  const [host, ...path] = did.replace('did:web:', '').split(':').map(decodeURIComponent);
  const document = await (await fetch(`http://${host}/${path.join('/') || '.well-known'}/did.json`)).json();
  const authenticates = document.authentication.includes(didUrl);
  return authenticates && document.verificationMethod.find(({id}) => id === didUrl).publicKeyJwk;
}

// `held`: {text, key, vct, claims} of each credential
export async function answer({link, held, at}) {
  const wallet = new Openid4vpClient({callbacks});
  const {params} = wallet.parseOpenid4vpAuthorizationRequest({authorizationRequest: link});
  const resolved = await wallet.resolveOpenId4vpAuthorizationRequest({authorizationRequestPayload: params});
  const request = resolved.authorizationRequestPayload;
  const query = DcqlQuery.parse(resolved.dcql.query);
  DcqlQuery.validate(query);
  const found = DcqlQuery.query(query, held.map(({vct, claims}) => (
    {credential_format: 'dc+sd-jwt', vct, claims, cryptographic_holder_binding: true})));
  if(!found.can_be_satisfied) return {can_be_satisfied: false};
  const vp_token = {};
  for(const {id, claims} of query.credentials) {
    const [{input_credential_index: index}] = found.credential_matches[id].valid_credentials;
    const data = (resolved.transactionData ?? []).filter(one => one.transactionData.credential_ids[0] === id);
    vp_token[id] = [await show(held[index], claims, request, data, at)];
  }
  const {authorizationResponsePayload, jarm} = await wallet.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request, authorizationResponsePayload: {vp_token}, ...sealed(request)
  });
  const {response} = await wallet.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request, authorizationResponsePayload, jarm
  });
  const terms = (resolved.transactionData ?? []).map(one => one.transactionData);
  return {
    status: response.status, body: await response.json(), mode: request.response_mode, client: resolved.client,
    version: resolved.version, terms
  };
}

function sealed({response_mode: mode}) {
  if(mode !== 'direct_post.jwt') return {};
  return {jarm: {encryption: {nonce: randomBytes(12).toString('hex')}, serverMetadata: {
    authorization_signing_alg_values_supported: [],
    authorization_encryption_alg_values_supported: ['ECDH-ES'],
    authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM']
  }}};
}

async function show({text, key}, claims, {client_id: aud, nonce}, data, iat) {
  const library = new SDJwtVcInstance({
    hasher, hashAlg: 'sha-256', saltGenerator: () => '', kbSigner: signer(key), kbSignAlg: algorithm(key)
  });
  const frame = {};
  for(const {path} of claims ?? []) {
    path.reduce((place, name, depth) => (place[name] = depth === path.length - 1 ? true : place[name] ?? {}), frame);
  }
  const hashes = data.length ? {transaction_data_hashes: data.map(({encoded}) => digest(encoded))} : {};
  return library.present(text, frame, {kb: {payload: {aud, nonce, iat, ...hashes}}});
}
