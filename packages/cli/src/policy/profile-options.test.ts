import { describe, expect, test } from 'vitest';
import { givenProfile, profileSchema } from './profile-options.ts';

const given = (options: object) => givenProfile(profileSchema.parse(options));

describe('givenProfile', () => {
  test('given nothing then nothing is said, so that the manifests tell', () => {
    expect(given({})).toEqual({});
  });

  test('given the mesh then it is passed on', () => {
    const mesh = { dataPlane: 'ztunnel', rootNamespace: 'mesh', trustDomain: 'a', trustDomainAlias: ['b'] };
    expect(given(mesh)).toEqual({
      dataPlane: 'ztunnel',
      rootNamespace: 'mesh',
      trustDomain: 'a',
      trustDomainAliases: ['b'],
    });
  });

  test("given options of Cilium's agent then they are read by their names", () => {
    const cilium = ['policy-cidr-match-mode=nodes', 'enable-policy=always', 'enable-sctp', 'policy-audit-mode=false'];
    expect(given({ cilium })).toEqual({
      network: { policyCidrMatchMode: ['nodes'], enablePolicy: 'always', sctp: true, auditMode: false },
    });
    expect(given({ profile: 'cilium' })).toEqual({ network: 'cilium' });
  });

  test.each([
    ['enable-everything', /no option "enable-everything"; there are policy-cidr-match-mode,/],
    ['enable-policy=sometimes', /"enable-policy=sometimes" is no value of it/],
    ['enable-sctp=yes', /"enable-sctp=yes" is no value/],
    ['policy-cidr-match-mode=world', /is no value/],
    ['toString', /no option "toString"/],
  ])('given --cilium %s then it is refused', (option, message) => {
    expect(() => given({ cilium: [option] })).toThrow(message);
  });

  test('given the generic profile with options of Cilium then it is refused', () => {
    expect(() => given({ profile: 'generic', cilium: ['enable-sctp'] })).toThrow('--cilium needs --profile cilium');
  });
});
