using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;

namespace Viaduct.Cluster.Model;

/// <summary>Reads a cluster's settings from YAML, strictly: what is not understood is refused, not skipped.</summary>
public static class ClusterFile
{
    private static readonly string[] s_fields =
        ["nodes", "ipFamily", "backend", "vpc", "vSwitches", "podCidr", "nodeMask", "nodeMaskIPv6", "serviceCidr", "vxlan", "nonMasqueradeCidrs"];

    /// <exception cref="ClusterException">It cannot be read, or holds something else than settings.</exception>
    public static ClusterSettings Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterException($"The configuration {path} cannot be read: {e.Message}", e);
        }
    }

    /// <param name="text">YAML.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="ClusterException">It holds something else than settings.</exception>
    public static ClusterSettings Parse(string text, string file)
    {
        var map = new Fields(Document(text, file), "", file, s_fields);
        return new ClusterSettings
        {
            Nodes = map.Number("nodes"),
            IpFamily = map.Text("ipFamily"),
            Backend = map.Text("backend"),
            Vpc = map.Ranges("vpc"),
            VSwitches = map.Maps("vSwitches", "zone", "cidr")?.Select(v => new VSwitchSpec(v.Needed("zone", v.Text), v.Needed("cidr", v.Ranges))).ToArray(),
            PodCidr = map.Ranges("podCidr"),
            NodeMask = map.Number("nodeMask"),
            NodeMaskIPv6 = map.Number("nodeMaskIPv6"),
            ServiceCidr = map.Ranges("serviceCidr"),
            Vxlan = Vxlan(map.Map("vxlan", "vni", "port", "checksumOffload")),
            NonMasqueradeCidrs = map.Texts("nonMasqueradeCidrs"),
        };
    }

    private static VxlanSettings? Vxlan(Fields? map)
    {
        var usual = new VxlanSettings();
        return map is { } given ? new VxlanSettings(given.Number("vni") ?? usual.Vni, given.Number("port") ?? usual.Port, given.Flag("checksumOffload")) : null;
    }

    private static JsonObject Document(string text, string file)
    {
        try
        {
            var documents = YamlReader.Read(text, file).Where(d => d.Value is not null).ToList();
            return documents switch
            {
                [] => [],
                [{ Value: JsonObject map }] => map,
                _ => throw new ClusterException($"The configuration {file} must be one mapping of fields."),
            };
        }
        catch (ManifestException e)
        {
            throw new ClusterException($"The configuration cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A mapping whose fields are known.</summary>
    private sealed class Fields
    {
        private readonly JsonObject _map;
        private readonly string _path;
        private readonly string _file;

        public Fields(JsonObject map, string path, string file, IReadOnlyList<string> known)
        {
            (_map, _path, _file) = (map, path, file);
            if (map.FirstOrDefault(f => !known.Contains(f.Key)).Key is { } unknown)
                throw new ClusterException($"The configuration {file} has the unknown field {path}{unknown}; {(path.Length == 0 ? "it" : path.TrimEnd('.'))} may have: {string.Join(", ", known)}.");
        }

        public string? Text(string field) => _map[field] is not { } node ? null
            : node is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(field, node, "a text");

        public int? Number(string field) => _map[field] is not { } node ? null
            : int.TryParse(node.ToString(), System.Globalization.NumberStyles.None, null, out var number) ? number : throw Wrong(field, node, "a whole number");

        public bool? Flag(string field) => _map[field] is not { } node ? null
            : bool.TryParse(node.ToString(), out var flag) ? flag : throw Wrong(field, node, "true or false");

        public IReadOnlyList<string>? Texts(string field) => _map[field] switch
        {
            null => null,
            JsonArray list => [.. list.Select(n => n is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(field, list, "a list of texts"))],
            var node => [node is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(field, node, "a text or a list of texts")],
        };

        /// <summary>One range, or a list with one of each family.</summary>
        public string? Ranges(string field) => Texts(field) is { } texts ? string.Join(',', texts) : null;

        public Fields? Map(string field, params string[] known) => _map[field] switch
        {
            null => null,
            JsonObject map => new Fields(map, $"{_path}{field}.", _file, known),
            var node => throw Wrong(field, node, "a mapping"),
        };

        public IReadOnlyList<Fields>? Maps(string field, params string[] known) => _map[field] switch
        {
            null => null,
            JsonArray list => [.. list.Select((n, i) => n is JsonObject map ? new Fields(map, $"{_path}{field}[{i}].", _file, known) : throw Wrong(field, list, "a list of mappings"))],
            var node => throw Wrong(field, node, "a list"),
        };

        public string Needed(string field, Func<string, string?> read) =>
            read(field) ?? throw new ClusterException($"The configuration {_file} lacks {_path}{field}.");

        private ClusterException Wrong(string field, JsonNode node, string wanted) =>
            new($"The configuration {_file} has {node.ToJsonString()} in {_path}{field}, which must be {wanted}.");
    }
}
