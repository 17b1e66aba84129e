// A wallet by @openid4vc/openid4vci: from the QR code to the credentials, over HTTP.
import {createHash, randomBytes} from 'node:crypto';
import {Openid4vciClient, setGlobalConfig} from '@openid4vc/openid4vci';
import {clientAuthenticationAnonymous} from '@openid4vc/oauth2';
import {algorithm, signer} from './keys.mjs';

setGlobalConfig({allowInsecureUrls: true}); // the node under test listens on loopback

const encoded = value => Buffer.from(JSON.stringify(value)).toString('base64url');

const callbacks = key => ({
  hash: (data, name) => createHash(name.replace('-', '')).update(data).digest(),
  generateRandom: length => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt: async (_, {header, payload}) => {
    const text = `${encoded(header)}.${encoded(payload)}`;
    const {d, ...signerJwk} = key;
    return {jwt: `${text}.${await signer(key)(text)}`, signerJwk};
  }
});

export async function take({link, number, key, at}) {
  const wallet = new Openid4vciClient({callbacks: callbacks(key)});
  const {d, ...publicJwk} = key;
  const credentialOffer = await wallet.resolveCredentialOffer(link);
  const issuerMetadata = await wallet.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const {accessTokenResponse} = await wallet.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode: number
  });
  const taken = {};
  for(const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
    const {c_nonce: nonce} = await wallet.requestNonce({issuerMetadata});
    const {jwt} = await wallet.createCredentialRequestJwtProof({
      issuerMetadata, credentialConfigurationId, nonce, issuedAt: new Date(at * 1000),
      signer: {method: 'jwk', alg: algorithm(key), publicJwk}
    });
    const {credentialResponse} = await wallet.retrieveCredentials({
      issuerMetadata, credentialConfigurationId, accessToken: accessTokenResponse.access_token, proofs: {jwt: [jwt]}
    });
    taken[credentialConfigurationId] = credentialResponse.credentials.map(({credential}) => credential);
  }
  return taken;
}
