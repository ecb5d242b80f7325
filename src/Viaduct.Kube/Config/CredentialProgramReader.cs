using System.Text.Json.Nodes;

namespace Viaduct.Kube.Config;

/// <summary>Reads <c>exec</c> of a kubeconfig's user (client-go, clientcmd/api/v1 ExecConfig).</summary>
internal sealed class CredentialProgramReader(JsonObject cluster, string path)
{
    private const string Group = "client.authentication.k8s.io";

    private string Directory => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

    public CredentialProgram? Read(JsonObject? exec)
    {
        if (exec is null)
            return null;
        var version = Text(exec, "apiVersion");
        // v1alpha1 went with Kubernetes 1.24.
        if (version is not ($"{Group}/v1" or $"{Group}/v1beta1"))
            throw Wrong($"has apiVersion \"{version}\" in exec and must have {Group}/v1 or {Group}/v1beta1.");
        var command = Text(exec, "command") is { Length: > 0 } given ? given : throw Wrong("names no command in exec.");
        if (Text(exec, "interactiveMode") == "Always")
            throw Wrong($"names the command {command} in exec, which asks questions (interactiveMode Always), and nobody is here to answer: use another one.");
        return new CredentialProgram(version, FullPath(command), [.. Words(exec["args"])], Variables(exec["env"]), Info(version, exec), path);
    }

    /// <summary>A name without a slash is looked for in PATH, all others are relative to the kubeconfig.</summary>
    private string FullPath(string command) =>
        command.Contains('/', StringComparison.Ordinal) ? Path.Combine(Directory, command) : command;

    private static IEnumerable<string> Words(JsonNode? list) => (list as JsonArray ?? []).Select(word => word?.ToString() ?? "");

    private static Dictionary<string, string> Variables(JsonNode? list) =>
        (list as JsonArray ?? []).OfType<JsonObject>().ToDictionary(v => Text(v, "name") ?? "", v => v["value"]?.ToString() ?? "", StringComparer.Ordinal);

    private JsonObject Info(string version, JsonObject exec)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (exec["provideClusterInfo"] is JsonValue wish && wish.TryGetValue(out bool isWanted) && isWanted)
            spec["cluster"] = Cluster();
        return new JsonObject { ["kind"] = "ExecCredential", ["apiVersion"] = version, ["spec"] = spec };
    }

    /// <summary>As in the kubeconfig, but with the authority's certificate as data, and what an extension has for such programs as config.</summary>
    private JsonObject Cluster()
    {
        var info = new JsonObject();
        foreach (var field in new[] { "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url", "disable-compression" })
        {
            if (cluster[field] is { } value)
                info[field] = value.DeepClone();
        }

        if (info["certificate-authority-data"] is null && Text(cluster, "certificate-authority") is { Length: > 0 } file)
            info["certificate-authority-data"] = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(Directory, file)));
        var extension = (cluster["extensions"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(e => Text(e, "name") == $"{Group}/exec");
        if (extension?["extension"] is { } config)
            info["config"] = config.DeepClone();
        return info;
    }

    private static string? Text(JsonObject from, string field) => from[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private KubeconfigException Wrong(string what) => new($"The kubeconfig {path} {what}");
}
