using System.Text;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Config;

/// <summary>Follows current-context to its cluster and its user.</summary>
internal sealed class KubeconfigReader(JsonObject root, string path)
{
    public Kubeconfig Read()
    {
        var contextName = Text(root, "current-context");
        if (contextName is null or "")
            throw Wrong("has no current-context.");
        var context = Entry("contexts", "context", contextName);
        var clusterName = Text(context, "cluster") ?? throw Wrong($"names no cluster in context \"{contextName}\".");
        var cluster = Entry("clusters", "cluster", clusterName);
        var user = Text(context, "user") is { Length: > 0 } userName ? Entry("users", "user", userName) : [];
        RefuseOthers(cluster, user);
        return new Kubeconfig
        {
            Server = Server(cluster, clusterName),
            CertificateAuthority = Pem(cluster, "certificate-authority"),
            ClientCertificate = Pem(user, "client-certificate"),
            ClientKey = Pem(user, "client-key"),
            ClientFiles = ClientFiles(user),
            Program = new CredentialProgramReader(cluster, path).Read(user["exec"] as JsonObject),
            Token = Text(user, "token"),
            TokenFile = TokenFile(user),
            Namespace = Text(context, "namespace") ?? "default",
            TlsServerName = Text(cluster, "tls-server-name") is { Length: > 0 } name ? name : null,
            Proxy = Proxy(cluster, clusterName),
            InsecureSkipTlsVerify = cluster["insecure-skip-tls-verify"] is JsonValue v && v.TryGetValue(out bool skip) && skip,
        };
    }

    /// <summary>What would silently leave us without credentials, or with a server that nobody checked by the name that was meant.</summary>
    private void RefuseOthers(JsonObject cluster, JsonObject user)
    {
        // Removed from clients in 1.26, and basic authentication from servers in 1.19.
        if (user["auth-provider"] is JsonObject)
            throw Wrong("has an auth-provider, which clients have no more since Kubernetes 1.26: name a program in exec, or give a token or a certificate.");
        if (Text(user, "username") is { Length: > 0 })
            throw Wrong("has a username, which servers do not accept since Kubernetes 1.19: give a token or a certificate.");
        if (Has(user, "client-certificate") != Has(user, "client-key"))
            throw Wrong("has only one of client-certificate and client-key: give both.");
        if (Has(cluster, "tls-server-name") && Has(cluster, "proxy-url"))
            throw Wrong("has both tls-server-name and proxy-url, which cannot be had together here: give one of them.");
    }

    private static bool Has(JsonObject from, string field) => Text(from, field) is { Length: > 0 } || Text(from, $"{field}-data") is { Length: > 0 };

    private (string Certificate, string Key)? ClientFiles(JsonObject user) =>
        FileOf(user, "client-certificate") is { } certificate && FileOf(user, "client-key") is { } key ? (certificate, key) : null;

    private string? FileOf(JsonObject from, string field) =>
        Text(from, $"{field}-data") is { Length: > 0 } || Text(from, field) is not { Length: > 0 } file ? null : FullPath(file);

    private Uri? Proxy(JsonObject cluster, string name)
    {
        if (Text(cluster, "proxy-url") is not { Length: > 0 } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? new Uri(text)
            : throw Wrong($"has proxy-url \"{text}\" in cluster \"{name}\", which is not an http, https or socks5 address.");
    }

    private Uri Server(JsonObject cluster, string name)
    {
        var text = Text(cluster, "server") ?? throw Wrong($"has no server in cluster \"{name}\".");
        return Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http"
            ? new Uri(text)
            : throw Wrong($"has server \"{text}\" in cluster \"{name}\", which is not an http or https address.");
    }

    private JsonObject Entry(string list, string field, string name)
    {
        foreach (var entry in (root[list] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (Text(entry, "name") == name)
                return entry[field] as JsonObject ?? [];
        }
        throw Wrong($"has no entry \"{name}\" in {list}.");
    }

    /// <summary><c>FIELD-data</c> (base64) or, without it, the file that <c>FIELD</c> names.</summary>
    private string? Pem(JsonObject from, string field)
    {
        if (Text(from, $"{field}-data") is { Length: > 0 } data)
        {
            var bytes = new byte[data.Length];
            return Convert.TryFromBase64String(data, bytes, out var length)
                ? Encoding.UTF8.GetString(bytes, 0, length)
                : throw Wrong($"has a {field}-data that is not base64.");
        }
        return Text(from, field) is { Length: > 0 } file ? ReadFile(field, file) : null;
    }

    /// <summary>Read here only to say at once that it cannot be read.</summary>
    private string? TokenFile(JsonObject user)
    {
        if (Text(user, "tokenFile") is not { Length: > 0 } file)
            return null;
        ReadFile("tokenFile", file);
        return FullPath(file);
    }

    private string FullPath(string file) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", file);

    private string ReadFile(string field, string file)
    {
        var full = FullPath(file);
        try
        {
            return File.ReadAllText(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"The kubeconfig {path} names {full} as {field}, which cannot be read: {e.Message}", e);
        }
    }

    private static string? Text(JsonObject from, string field) => from[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private KubeconfigException Wrong(string what) => new($"The kubeconfig {path} {what}");
}
