using System.Diagnostics.CodeAnalysis;
using System.Net;
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

    /// <summary>Files that <see cref="ClientCertificate"/> and <see cref="ClientKey"/> were read from, which somebody replaces before the certificate expires.</summary>
    public (string Certificate, string Key)? ClientFiles { get; init; }

    /// <summary>A program that prints credentials; a token goes before it.</summary>
    public CredentialProgram? Program { get; init; }

    public string? Token { get; init; }

    /// <summary>File with the token, which somebody replaces before it expires; goes before <see cref="Token"/>.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Namespace of the context.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Name to verify the server's certificate against, if it is not the host in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>A proxy (http, https or socks5) before the server; those of the environment are never asked.</summary>
    public Uri? Proxy { get; init; }

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
    public SocketsHttpHandler CreateHandler()
    {
        var tls = CreateSslOptions();
        return new()
        {
            SslOptions = tls,
            ConnectCallback = new ServerConnector(TlsServerName is null ? null : WithProtocols(tls)).ConnectAsync,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A watch on a connection whose other end is gone must end, not hang.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            UseProxy = Proxy is not null,
            Proxy = Proxy is null ? null : new WebProxy(Proxy) { Credentials = CredentialsOf(Proxy) },
        };
    }

    /// <summary>A handler that also proves who we are, with what is renewed: a token's or a certificate's file, or what a program prints.</summary>
    /// <param name="time">The clock by which credentials expire.</param>
    /// <param name="run">Runs <see cref="Program"/>.</param>
    public HttpMessageHandler CreateAuthenticatingHandler(TimeProvider? time = null, ProgramRunner? run = null)
    {
        time ??= TimeProvider.System;
        var transport = Source(time, run) is { } source ? (HttpMessageHandler)new RenewingHandler(this, source) : CreateHandler();
        return TokenFile is null ? transport : new TokenFileHandler(TokenFile, time) { InnerHandler = transport };
    }

    private ICredentialSource? Source(TimeProvider time, ProgramRunner? run)
    {
        if (Program is not null && Token is null && TokenFile is null)
            return new ProgramCredentials(Program, run ?? throw new KubeconfigException($"The kubeconfig {Program.Kubeconfig} names a program for credentials, which this command does not run: give it a token or a certificate."), time);
        return ClientFiles is { } files ? new CertificateFiles(files.Certificate, files.Key, new Credentials(null, ClientCertificate, ClientKey)) : null;
    }

    private static NetworkCredential? CredentialsOf(Uri proxy) =>
        proxy.UserInfo.Split(':', 2) is [var name, var password] ? new NetworkCredential(Uri.UnescapeDataString(name), Uri.UnescapeDataString(password)) : null;

    private static SslClientAuthenticationOptions WithProtocols(SslClientAuthenticationOptions tls)
    {
        tls.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        return tls;
    }

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
            new ServerTrust(Bundle(CertificateAuthority)).ApplyTo(options);
        if (ClientCertificate is not null && ClientKey is not null)
            options.ClientCertificateContext = ClientContext(ClientCertificate, ClientKey);
        return options;
    }

    private static X509Certificate2Collection Bundle(string pem)
    {
        var bundle = new X509Certificate2Collection();
        Decode("certificate-authority", () => bundle.ImportFromPem(pem));
        return bundle.Count > 0 ? bundle : throw new KubeconfigException("The kubeconfig's certificate-authority holds no PEM certificate.");
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
