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
        return new Kubeconfig
        {
            Server = Server(cluster, clusterName),
            CertificateAuthority = Pem(cluster, "certificate-authority"),
            ClientCertificate = Pem(user, "client-certificate"),
            ClientKey = Pem(user, "client-key"),
            Token = Text(user, "token"),
            TokenFile = TokenFile(user),
            Namespace = Text(context, "namespace") ?? "default",
            TlsServerName = Text(cluster, "tls-server-name"),
            InsecureSkipTlsVerify = cluster["insecure-skip-tls-verify"] is JsonValue v && v.TryGetValue(out bool skip) && skip,
        };
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
