using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Kube.Server.Pki;

/// <summary>The authority of one cluster: issues the server's and the clients' certificates (ECDSA P-256).</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    private CertificateAuthority(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The authority's certificate; its private key stays in here.</summary>
    public X509Certificate2 Certificate { get; }

    public static CertificateAuthority Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now + Lifetime));
    }

    public static CertificateAuthority FromPem(PemCertificate pem) => new(pem.ToCertificate());

    /// <summary>The certificate and the key of the authority, to keep.</summary>
    public PemCertificate ToPem()
    {
        using var key = Certificate.GetECDsaPrivateKey()!;
        return new PemCertificate(Certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Issues a server's certificate for all names and addresses under which it is reached.</summary>
    public PemCertificate IssueServer(IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames)
            names.AddDnsName(name);
        foreach (var address in addresses)
            names.AddIpAddress(address);
        return Issue("CN=kube-apiserver", ServerAuthentication, names.Build());
    }

    /// <summary>Issues a client's certificate; the user's name is the common name, the groups are the organizations.</summary>
    public PemCertificate IssueClient(string user, params ReadOnlySpan<string> groups)
    {
        var subject = new X500DistinguishedNameBuilder();
        foreach (var group in groups)
            subject.AddOrganizationName(group);
        subject.AddCommonName(user);
        return Issue(subject.Build().Name, ClientAuthentication, null);
    }

    public void Dispose() => Certificate.Dispose();

    private PemCertificate Issue(string subject, string usage, X509Extension? names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        if (names is not null)
            request.CertificateExtensions.Add(names);
        var now = DateTimeOffset.UtcNow;
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f; // A serial number is positive.
        var end = Certificate.NotAfter.ToUniversalTime() < (now + Lifetime).UtcDateTime ? new DateTimeOffset(Certificate.NotAfter.ToUniversalTime()) : now + Lifetime;
        using var certificate = request.Create(Certificate, now - ClockSkew < Certificate.NotBefore ? Certificate.NotBefore : now - ClockSkew, end, serial);
        return new PemCertificate(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
