// DCQL queries, by the library of OpenID4VP wallets.
import {DcqlQuery} from 'dcql';

export const satisfied = ({query, held}) => {
  const parsed = DcqlQuery.parse(query);
  DcqlQuery.validate(parsed);
  const credentials = held.map(({vct, claims}) => ({
    credential_format: 'dc+sd-jwt', vct, claims, cryptographic_holder_binding: true
  }));
  return DcqlQuery.query(parsed, credentials).can_be_satisfied;
};
