// Credentials and presentations with eddsa-jcs-2022 proofs, by @digitalbazaar/vc and its suite.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as suite from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';

// no network: the contexts the library brings, and the keys of whoever is named in the question
function loader(keys) {
  const documents = new Map(keys.flatMap(documentsOf));
  return async url => documents.has(url) ?
    {contextUrl: null, documentUrl: url, document: documents.get(url)} : vc.defaultDocumentLoader(url);
}

function documentsOf({id, controller, publicKeyMultibase}) {
  const method = {'@context': MULTIKEY, id, type: 'Multikey', controller, publicKeyMultibase};
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1', MULTIKEY], id: controller,
    assertionMethod: [method], authentication: [method]
  };
  return [[id, method], [controller, document]];
}

const verifying = () => new DataIntegrityProof({cryptosuite: suite.createVerifyCryptosuite()});

async function signing({key, date}) {
  const pair = await Ed25519Multikey.fromJwk({jwk: key.jwk, secretKey: true, id: key.id, controller: key.controller});
  return new DataIntegrityProof({signer: pair.signer(), date, cryptosuite: suite.createSignCryptosuite()});
}

function result(found) {
  if(!found.verified) {
    throw found.error;
  }
  return true;
}

export async function verify({credential, keys, now}) {
  return result(await vc.verifyCredential({
    credential, suite: verifying(), documentLoader: loader(keys), now, checkStatus: async () => ({verified: true})
  }));
}

export async function verifyPresentation({presentation, keys, challenge, domain, now}) {
  return result(await vc.verify({
    presentation, challenge, domain, suite: verifying(), documentLoader: loader(keys), now,
    checkStatus: async () => ({verified: true})
  }));
}

export async function issue({credential, key, keys, date}) {
  return vc.issue({credential, suite: await signing({key, date}), documentLoader: loader(keys), now: date});
}

export async function present({credential, holder, key, keys, challenge, domain, date}) {
  const presentation = vc.createPresentation({verifiableCredential: credential, holder, now: date});
  return vc.signPresentation({
    presentation, suite: await signing({key, date}), challenge, domain, documentLoader: loader(keys)
  });
}
