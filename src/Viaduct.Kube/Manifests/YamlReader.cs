using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Viaduct.Kube.Manifests;

/// <summary>One document of a file.</summary>
internal readonly record struct YamlDocument(int Line, JsonNode? Value);

/// <summary>YAML events to JSON, one document at a time, as kubectl understands them. No reflection: NativeAOT.</summary>
internal sealed class YamlReader
{
    /// <summary>More values than any manifest has: an alias of an alias of an alias ... is refused here.</summary>
    private const int MostNodes = 1_000_000;
    private const int DeepestNesting = 100;
    private readonly string _file;
    private readonly Parser _parser;
    private readonly Dictionary<string, JsonNode?> _anchors = [];
    private int _nodes;
    private int _depth;

    private YamlReader(string text, string file)
    {
        _file = file;
        _parser = new Parser(new StringReader(text));
    }

    /// <exception cref="ManifestException">Not YAML; names the file and the line.</exception>
    public static List<YamlDocument> Read(string text, string file)
    {
        var reader = new YamlReader(text, file);
        try
        {
            return reader.ReadAll();
        }
        catch (YamlException e)
        {
            throw reader.Wrong(e.Start, e.Message, e);
        }
    }

    private List<YamlDocument> ReadAll()
    {
        var documents = new List<YamlDocument>();
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            var line = (int)_parser.Current!.Start.Line;
            documents.Add(new YamlDocument(line, Node()));
            _parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    private JsonNode? Node()
    {
        var start = _parser.Current!.Start;
        if (++_nodes > MostNodes)
            throw Wrong(start, "there are too many values");
        if (++_depth > DeepestNesting)
            throw Wrong(start, "it is nested too deeply");
        try
        {
            if (_parser.TryConsume<AnchorAlias>(out var alias))
                return Copy(alias);
            var anchor = ((NodeEvent)_parser.Current!).Anchor;
            var node = _parser.Current switch
            {
                SequenceStart => Sequence(),
                MappingStart => Mapping(),
                _ => Scalar(_parser.Consume<Scalar>()),
            };
            if (!anchor.IsEmpty)
                _anchors[anchor.Value] = node;
            return node;
        }
        finally
        {
            _depth--;
        }
    }

    private JsonNode? Copy(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
            throw Wrong(alias.Start, $"the alias *{alias.Value.Value} has no anchor");
        if ((_nodes += Size(node)) > MostNodes)
            throw Wrong(alias.Start, "its aliases make too many values");
        return node?.DeepClone();
    }

    private static int Size(JsonNode? node) => node switch
    {
        JsonArray array => 1 + array.Sum(Size),
        JsonObject map => 1 + map.Sum(p => Size(p.Value)),
        _ => 1,
    };

    private JsonArray Sequence()
    {
        _parser.Consume<SequenceStart>();
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            array.Add(Node());
        return array;
    }

    private JsonObject Mapping()
    {
        _parser.Consume<MappingStart>();
        var map = new JsonObject();
        var merged = new List<JsonNode?>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var start = _parser.Current!.Start;
            var isMerge = _parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var key = Key();
            var value = Node();
            if (isMerge)
                merged.Add(value);
            else if (!map.TryAdd(key, value))
                throw Wrong(start, $"the key \"{key}\" stands twice in one mapping");
        }
        foreach (var from in merged)
            Merge(map, from);
        return map;
    }

    /// <summary>The merge key <c>&lt;&lt;</c>: what the mapping has itself wins.</summary>
    private static void Merge(JsonObject map, JsonNode? from)
    {
        if (from is JsonArray many)
        {
            foreach (var one in many)
                Merge(map, one);
        }
        else if (from is JsonObject fields)
        {
            foreach (var (key, value) in fields)
                map.TryAdd(key, value?.DeepClone());
        }
    }

    private string Key()
    {
        var start = _parser.Current!.Start;
        // A key that is not a string becomes one, as sigs.k8s.io/yaml does: 8080: x is "8080": x, and on: x is "true": x.
        return Node() switch
        {
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonValue value => value.ToJsonString(),
            null => throw Wrong(start, "a key is null"),
            _ => throw Wrong(start, "a key is a mapping or a list: keys must be strings"),
        };
    }

    private JsonNode? Scalar(Scalar scalar)
    {
        try
        {
            if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
                return Tagged(scalar);
            return scalar.Style is ScalarStyle.Plain && !scalar.Tag.IsNonSpecific ? YamlScalars.Resolve(scalar.Value) : JsonValue.Create(scalar.Value);
        }
        catch (FormatException e)
        {
            throw Wrong(scalar.Start, e.Message, e);
        }
    }

    private static JsonValue? Tagged(Scalar scalar)
    {
        var text = scalar.Value;
        return scalar.Tag.Value switch
        {
            "tag:yaml.org,2002:str" or "tag:yaml.org,2002:timestamp" => JsonValue.Create(text),
            "tag:yaml.org,2002:null" => null,
            "tag:yaml.org,2002:bool" when YamlScalars.Boolean(text) is { } truth => JsonValue.Create(truth),
            "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" when YamlScalars.Number(text) is { } number => number,
            var tag => throw new FormatException($"\"{text}\" cannot be read as {tag}"),
        };
    }

    private ManifestException Wrong(Mark at, string what, Exception? cause = null) => new($"{_file}, line {at.Line}: {what}", cause);
}
