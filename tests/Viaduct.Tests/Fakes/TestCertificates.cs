using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Tests.Fakes;

/// <summary>Certificates as clusters have them: a root, an authority below it, and who was issued one by that.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1), s_to = DateTimeOffset.UtcNow.AddDays(1);

    public TestCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Root = Authority("root", rootKey).CreateSelfSigned(s_from, s_to);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = Authority("intermediate", key).Create(Root, s_from, s_to, RandomNumberGenerator.GetBytes(8));
        Intermediate = issued.CopyWithPrivateKey(key);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>A server's certificate for one DNS name or address, and the authority that issued it.</summary>
    public X509Certificate2Collection Server(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return [Issue(request).CopyWithPrivateKey(key), Intermediate];
    }

    /// <summary>A client's chain and its key in PEM.</summary>
    /// <param name="user">Its name.</param>
    /// <param name="kind">rsa-pkcs1, rsa-pkcs8, ec-sec1 or ec-pkcs8: how the key is written.</param>
    public (string Chain, string Key) Client(string user, string kind)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = kind.StartsWith("rsa", StringComparison.Ordinal)
            ? new CertificateRequest($"CN={user}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={user}", ec, HashAlgorithmName.SHA256);
        using var leaf = Issue(request);
        var chain = $"{leaf.ExportCertificatePem()}\n{Intermediate.ExportCertificatePem()}\n";
        return (chain, kind switch
        {
            "rsa-pkcs1" => rsa.ExportRSAPrivateKeyPem(),
            "rsa-pkcs8" => rsa.ExportPkcs8PrivateKeyPem(),
            // As openssl writes it: the curve first.
            "ec-sec1" => $"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{ec.ExportECPrivateKeyPem()}",
            _ => ec.ExportPkcs8PrivateKeyPem(),
        });
    }

    public void Dispose()
    {
        Root.Dispose();
        Intermediate.Dispose();
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request;
    }

    private X509Certificate2 Issue(CertificateRequest request)
    {
        using var generator = Intermediate.GetECDsaPrivateKey()!;
        return request.Create(Intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(generator), s_from.AddHours(1), s_to.AddHours(-1), RandomNumberGenerator.GetBytes(8));
    }
}
