using System.Globalization;
using System.Net;
using Viaduct.Addressing;
using YamlDotNet.RepresentationModel;

namespace Viaduct.Cluster.Plans;

/// <summary>One value of a plan's file, with its path and line for messages.</summary>
internal sealed class PlanNode(YamlNode node, string path, PlanSource source)
{
    /// <summary>The fields of a mapping; one that is not among <paramref name="known"/> is an error.</summary>
    public IReadOnlyDictionary<string, PlanNode> Fields(params ReadOnlySpan<string> known)
    {
        var fields = new Dictionary<string, PlanNode>(StringComparer.Ordinal);
        if (node is not YamlMappingNode map)
            throw Wrong(path.Length == 0 ? $"a {source.Kind} is a mapping such as \"vpc: 192.168.0.0/16\"" : "must be a mapping");
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!known.Contains(name))
                throw source.Wrong(key.Start.Line, path.Length == 0 ? name : $"{path}.{name}", $"is no field of a {source.Kind}; there are: {string.Join(", ", known)}");
            if (value is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "" or "~" or "null" })
                continue;
            fields.Add(name, source.Node(value, path.Length == 0 ? name : $"{path}.{name}", key.Start.Line));
        }
        return fields;
    }

    public IReadOnlyList<PlanNode> Items() => node is YamlSequenceNode list
        ? [.. list.Children.Select((item, i) => source.Node(item, $"{path}[{i}]", item.Start.Line))]
        : throw Wrong("must be a list");

    public string Text() => node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw Wrong("must be a text");

    public int Number() => node is YamlScalarNode scalar && int.TryParse(scalar.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Wrong("must be a whole number");

    /// <summary>A prefix length, with or without its slash.</summary>
    public int PrefixLength() => node is YamlScalarNode scalar && int.TryParse(scalar.Value?.TrimStart('/'), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Wrong("must be a prefix length such as 24");

    /// <summary>One range or a list of them.</summary>
    public IpRanges Ranges() => node is YamlSequenceNode ? [.. Items().Select(i => i.Range())] : Range();

    public IPAddress Address() => IPAddress.TryParse(Text(), out var address) ? address : throw Wrong($"\"{Text()}\" is not an address");

    /// <summary>One of some words.</summary>
    public T OneOf<T>(IReadOnlyDictionary<string, T> words) =>
        words.TryGetValue(Text(), out var value) ? value : throw Wrong($"\"{Text()}\" must be one of {string.Join(", ", words.Keys)}");

    public bool IsList => node is YamlSequenceNode;

    public PlanFileException Wrong(string what) => source.Wrong(node.Start.Line, path, what);

    private IPNetwork Range() => Cidr.TryParse(Text(), out var block, out var problem) ? block : throw Wrong(problem);
}

/// <summary>A plan's file while it is read: its name, and the line of each field.</summary>
internal sealed class PlanSource(string file, string kind = "plan")
{
    /// <summary>What the file is, for messages.</summary>
    public string Kind => kind;

    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Lines => _lines;

    public PlanNode Node(YamlNode node, string path, long line)
    {
        _lines[path] = line;
        return new PlanNode(node, path, this);
    }

    public PlanFileException Wrong(long line, string path, string what) =>
        new($"{file}, line {line}: {(path.Length == 0 ? "" : $"{path} ")}{what}.");
}
