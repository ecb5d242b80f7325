using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Reads a configuration file strictly: what is not understood is refused, not skipped.</summary>
public static class ConfigReader
{
    /// <summary>The text of a file.</summary>
    /// <exception cref="ProxyConfigurationException">It cannot be read.</exception>
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProxyConfigurationException($"The configuration {path} cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="ProxyConfigurationException">This is no such configuration.</exception>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="path">For messages.</param>
    public static ProxyConfiguration Parse(string text, string path)
    {
        var content = Document(text, path);
        var configuration = ProxyConfiguration.Default;
        foreach (var (name, node) in Leaves(content, "", path))
            configuration = configuration.With(name.Path, Value(name, node, path));
        return ConfigDefaults.Complete(configuration);
    }

    private static JsonObject Document(string text, string path)
    {
        try
        {
            var documents = YamlManifest.Parse(text, path);
            if (documents is not [var only])
                throw new ProxyConfigurationException($"The configuration {path} must be one document and holds {documents.Count}.");
            if (only.ApiVersion != ConfigFields.ApiVersion || only.Kind != ConfigFields.Kind)
            {
                throw new ProxyConfigurationException(
                    $"The configuration {path} is a {only.ApiVersion} {only.Kind}; it must be a {ConfigFields.ApiVersion} {ConfigFields.Kind}.");
            }

            return only.Content;
        }
        catch (ManifestException e)
        {
            throw new ProxyConfigurationException($"The configuration cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<(ConfigField Field, JsonNode? Value)> Leaves(JsonObject map, string prefix, string file)
    {
        foreach (var (name, node) in map)
        {
            var path = prefix + name;
            if (prefix.Length == 0 && name is "apiVersion" or "kind")
                continue;
            if (ConfigFields.ByPath.TryGetValue(path, out var field))
            {
                yield return (field, node);
                continue;
            }

            if (!ConfigFields.All.Any(f => f.Path.StartsWith(path + ".", StringComparison.Ordinal)))
                throw Unknown(path, prefix, file);
            if (node is not (null or JsonObject))
                throw new ProxyConfigurationException($"The configuration {file} has {node.ToJsonString()} in {path}, which must be a mapping.");
            foreach (var leaf in Leaves(node as JsonObject ?? [], path + ".", file))
                yield return leaf;
        }
    }

    private static object? Value(ConfigField field, JsonNode? node, string file)
    {
        if (node is null)
            return null;
        var value = ConfigValues.FromJson(field.Kind, node)
            ?? throw new ProxyConfigurationException(
                $"The configuration {file} has {node.ToJsonString()} in {field.Path}, which must be {ConfigValues.Describe(field.Kind)}.");
        return !field.ZeroCounts && ConfigValues.IsZero(value) ? null : value;
    }

    private static ProxyConfigurationException Unknown(string path, string prefix, string file)
    {
        var known = ConfigFields.All.Select(f => f.Path)
            .Where(p => p.StartsWith(prefix, StringComparison.Ordinal)).Select(p => p[prefix.Length..].Split('.')[0]).Distinct();
        return new($"The configuration {file} has the unknown field {path}; {(prefix.Length == 0 ? "at the top" : $"in {prefix.TrimEnd('.')}")} are allowed: {string.Join(", ", known)}.");
    }
}
