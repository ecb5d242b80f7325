using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Kube.Server.Http;

/// <summary>Tells whether a client's certificate was issued by the cluster's authority for clients.</summary>
internal sealed class ClientCertificates(X509Certificate2 authority)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // A connection has one certificate object for all its requests, so it is checked once.
    private readonly ConditionalWeakTable<X509Certificate2, object> _checked = [];

    public bool IsTrusted(X509Certificate2? certificate)
    {
        if (certificate is null)
            return false;
        return (bool)_checked.GetValue(certificate, c => Check(c));
    }

    private bool Check(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }
}
