//! What services keep that belongs to one machine.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "cloud_init",
        summary: "Removes what cloud-init remembers of the machine, so that it runs anew.",
        details: "What it wrote into the system's own files stays, but for the network (see \
                  `net_netplan` and its like). A seed for the next run in `/var/lib/cloud/seed` \
                  stays too.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/run/cloud-init/*",
            "/var/lib/cloud/data/*",
            "/var/lib/cloud/handlers/*",
            "/var/lib/cloud/instance",
            "/var/lib/cloud/instances/*",
            "/var/lib/cloud/scripts/*/*",
            "/var/lib/cloud/sem/*",
        ])],
    },
    Operation {
        name: "container_ids",
        summary: "Removes the numbers and keys by which Docker knows the machine.",
        details: "Images and containers stay.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/docker/key.json",
            "/var/lib/docker/engine-id",
        ])],
    },
    Operation {
        name: "kubernetes_node",
        summary: "Removes a Kubernetes node's certificates, keys and membership.",
        details: "A server made of the image joins a cluster itself.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/kubernetes/*.conf",
            "/etc/kubernetes/manifests/*",
            "/etc/kubernetes/pki/*",
            "/var/lib/etcd/member",
            "/var/lib/kubelet/config.yaml",
            "/var/lib/kubelet/kubeadm-flags.env",
            "/var/lib/kubelet/pki/*",
        ])],
    },
    Operation {
        name: "agent_ids",
        summary: "Removes the identities of Salt, Chef, Consul, Nomad and Vault agents.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/chef/*.pem",
            "/etc/salt/minion_id",
            "/etc/salt/pki/minion/*",
            "/opt/consul/node-id",
            "/opt/consul/serf/*",
            "/opt/nomad/data/client/*id",
            "/opt/nomad/data/client/client.db",
            "/var/lib/consul/node-id",
            "/var/lib/consul/serf/*",
            "/var/lib/nomad/client/*id",
            "/var/lib/nomad/client/client.db",
        ])],
    },
    Operation {
        name: "puppet_data_log",
        summary: "Removes the certificates and state of Puppet.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/puppetlabs/puppet/ssl/*",
            "/opt/puppetlabs/puppet/cache/*",
            "/var/lib/puppet/*/*",
        ])],
    },
    Operation {
        name: "dovecot_data",
        summary: "Removes the state of the Dovecot mail server.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/var/lib/dovecot/*"])],
    },
    Operation {
        name: "samba_db_log",
        summary: "Removes Samba's secrets and caches, the account of the machine among them.",
        details: "A server made of the image joins its domain itself.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/var/cache/samba/*",
            "/var/lib/samba/*.tdb",
            "/var/lib/samba/*/*",
        ])],
    },
    Operation {
        name: "sssd_db_log",
        summary: "Removes the caches of SSSD.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/var/lib/sss/db/*", "/var/lib/sss/mc/*"])],
    },
    Operation {
        name: "ipa_client",
        summary: "Takes the machine out of an IPA domain, on its own side only.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/ipa/ca.crt",
            "/etc/ipa/default.conf",
            "/etc/ipa/nssdb/*",
            "/etc/pki/ca-trust/source/anchors/ipa-ca.crt",
            "/etc/pki/ca-trust/source/ipa.p11-kit",
            "/usr/local/share/ca-certificates/ipa-ca.crt",
            "/var/lib/ipa-client/pki/*",
            "/var/lib/ipa-client/sysrestore/*",
        ])],
    },
    Operation {
        name: "kerberos_hostkeytab",
        summary: "Removes the machine's keys in Kerberos.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/krb5.keytab"])],
    },
    Operation {
        name: "kerberos_data",
        summary: "Removes the database of a Kerberos server.",
        details: "Its configuration (`kdc.conf`, `kadm5.acl`) stays.",
        is_standard: false,
        steps: &[Step::Remove(&[
            "/var/kerberos/krb5kdc/.k5*",
            "/var/kerberos/krb5kdc/principal*",
            "/var/lib/kerberos/krb5kdc/principal*",
            "/var/lib/krb5kdc/principal*",
        ])],
    },
    Operation {
        name: "ca_certificates",
        summary: "Removes the certificates and keys of services, and of an authority of one's own.",
        details: "What comes with the distribution stays, and so does what \
                  `/etc/pki/ca-trust/source/anchors` and its like add to it. A service without its \
                  certificate does not start: a plan has to give it another.",
        is_standard: false,
        steps: &[
            Step::Remove(&[
                "/etc/pki/CA/certs/*.crt",
                "/etc/pki/CA/crl/*.crt",
                "/etc/pki/CA/newcerts/*.crt",
                "/etc/pki/CA/private/*.key",
                "/etc/pki/tls/private/*.key",
                "/etc/ssl/private/*",
            ]),
            Step::Do(
                "Removes `/etc/pki/tls/certs/*.crt` but for the bundles of the distribution.",
                super::super::identity::service_certificates,
            ),
        ],
    },
    Operation {
        name: "firewall_rules",
        summary: "Removes the rules of iptables and firewalld that were added to the defaults.",
        details: "The server is then as open as its distribution makes it: not part of the \
                  standard, and meant for plans that write the rules anew.",
        is_standard: false,
        steps: &[Step::Remove(&[
            "/etc/firewalld/direct.xml",
            "/etc/firewalld/helpers/*",
            "/etc/firewalld/icmptypes/*",
            "/etc/firewalld/ipsets/*",
            "/etc/firewalld/policies/*",
            "/etc/firewalld/services/*",
            "/etc/firewalld/zones/*",
            "/etc/iptables/rules.v[46]",
            "/etc/sysconfig/ip6tables",
            "/etc/sysconfig/iptables",
        ])],
    },
];
