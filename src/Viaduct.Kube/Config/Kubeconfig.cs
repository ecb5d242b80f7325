using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;

namespace Viaduct.Kube.Config;

/// <summary>The current context of a kubeconfig file: where the server is and how to prove who we are.</summary>
public sealed record Kubeconfig
{
    public required Uri Server { get; init; }

    /// <summary>PEM of the certificate authority, or null to trust the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>PEM of the client's certificate (chain).</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>PEM of the client's private key.</summary>
    public string? ClientKey { get; init; }

    public string? Token { get; init; }

    /// <summary>File with the token, which somebody replaces before it expires; goes before <see cref="Token"/>.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Namespace of the context.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Name to verify the server's certificate against, if it is not the host in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Reads a kubeconfig file; names in it are relative to its directory.</summary>
    public static Kubeconfig Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"The kubeconfig {path} cannot be read: {e.Message}", e);
        }
        return Parse(text, path);
    }

    /// <summary>Parses the text of a kubeconfig; <paramref name="path"/> is for messages and relative names.</summary>
    public static Kubeconfig Parse(string text, string path)
    {
        try
        {
            var root = YamlReader.Read(text, path).Select(d => d.Value).OfType<JsonObject>().FirstOrDefault()
                ?? throw new KubeconfigException($"The kubeconfig {path} is empty.");
            return new KubeconfigReader(root, path).Read();
        }
        catch (ManifestException e)
        {
            throw new KubeconfigException($"The kubeconfig {e.Message}", e);
        }
    }

    /// <summary>A handler that trusts the certificate authority and presents the client certificate.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        SslOptions = CreateSslOptions(),
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // A watch on a connection whose other end is gone must end, not hang.
        KeepAlivePingDelay = TimeSpan.FromSeconds(20),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        UseProxy = false,
    };

    /// <summary>A handler that also proves who we are by the token, read anew as its file changes.</summary>
    public HttpMessageHandler CreateAuthenticatingHandler(TimeProvider? time = null) => TokenFile is null
        ? CreateHandler()
        : new TokenFileHandler(TokenFile, time ?? TimeProvider.System) { InnerHandler = CreateHandler() };

    /// <summary>The TLS part alone, for WebSockets and other clients.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "Only when the kubeconfig says insecure-skip-tls-verify.")]
    public SslClientAuthenticationOptions CreateSslOptions()
    {
        var options = new SslClientAuthenticationOptions();
        if (TlsServerName is not null)
            options.TargetHost = TlsServerName;
        if (InsecureSkipTlsVerify)
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        else if (CertificateAuthority is not null)
            options.CertificateChainPolicy = TrustOnly(CertificateAuthority);
        if (ClientCertificate is not null && ClientKey is not null)
            options.ClientCertificateContext = ClientContext(ClientCertificate, ClientKey);
        return options;
    }

    private static X509ChainPolicy TrustOnly(string pem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        Decode("certificate-authority", () => policy.CustomTrustStore.ImportFromPem(pem));
        return policy.CustomTrustStore.Count > 0 ? policy : throw new KubeconfigException("The kubeconfig's certificate-authority holds no PEM certificate.");
    }

    private static SslStreamCertificateContext ClientContext(string certificatePem, string keyPem)
    {
        SslStreamCertificateContext? context = null;
        Decode("client-certificate and client-key", () =>
        {
            var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        });
        return context!;
    }

    private static void Decode(string field, Action decode)
    {
        try
        {
            decode();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"The kubeconfig's {field} is not valid PEM: {e.Message}", e);
        }
    }

    /// <summary>Leaves the key out: records print themselves into logs.</summary>
    public override string ToString() => new StringBuilder("Kubeconfig ").Append(Server).ToString();
}

/// <summary>A kubeconfig that cannot be read or lacks something.</summary>
public sealed class KubeconfigException(string message, Exception? cause = null) : Exception(message, cause);
