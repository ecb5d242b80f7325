using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Kube.Config;

/// <summary>
/// Which servers are trusted: those whose chain reaches a certificate of the bundle, be it a root or not. Go's clients do so (crypto/x509, Roots), and some
/// clusters give only the authority that issues; .NET alone would want a root (dotnet/runtime issue 99426).
/// </summary>
internal sealed class ServerTrust(X509Certificate2Collection bundle)
{
    public void ApplyTo(SslClientAuthenticationOptions options)
    {
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // What is missing is not fetched from an address that the certificate names.
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(bundle);
        options.RemoteCertificateValidationCallback = (_, _, chain, errors) => IsTrusted(chain, errors);
    }

    private bool IsTrusted(X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
        || (errors == SslPolicyErrors.RemoteCertificateChainErrors && chain is not null && EndsInBundle(chain));

    /// <summary>All that is wrong is that there is no root above a certificate of the bundle.</summary>
    private bool EndsInBundle(X509Chain chain) =>
        chain.ChainStatus.All(s => s.Status == X509ChainStatusFlags.PartialChain)
        && chain.ChainElements.Count > 1
        && bundle.Any(trusted => trusted.RawDataMemory.Span.SequenceEqual(chain.ChainElements[^1].Certificate.RawDataMemory.Span));
}
