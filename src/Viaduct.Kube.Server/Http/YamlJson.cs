using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Viaduct.Kube.Server.Http;

/// <summary>One YAML document as JSON, with the scalar types of the YAML 1.2 core schema.</summary>
internal static class YamlJson
{
    public static JsonNode Parse(byte[] body)
    {
        var parser = new Parser(new StringReader(Encoding.UTF8.GetString(body)));
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        return Read(parser, []) ?? throw new JsonException("the document is empty");
    }

    private static JsonNode? Read(Parser parser, Dictionary<AnchorName, JsonNode?> anchors)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return anchors.TryGetValue(alias.Value, out var anchored) ? anchored?.DeepClone() : throw new JsonException($"the YAML alias *{alias.Value} has no anchor");
        var anchor = parser.Current is NodeEvent node ? node.Anchor : AnchorName.Empty;
        JsonNode? value = null;
        if (parser.TryConsume<Scalar>(out var scalar))
            value = Read(scalar);
        else if (parser.TryConsume<SequenceStart>(out _))
            value = ReadSequence(parser, anchors);
        else
            value = ReadMapping(parser, anchors);
        if (!anchor.IsEmpty)
            anchors[anchor] = value?.DeepClone();
        return value;
    }

    private static JsonArray ReadSequence(Parser parser, Dictionary<AnchorName, JsonNode?> anchors)
    {
        var items = new List<JsonNode?>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(Read(parser, anchors));
        return new JsonArray([.. items]);
    }

    private static JsonObject ReadMapping(Parser parser, Dictionary<AnchorName, JsonNode?> anchors)
    {
        parser.Consume<MappingStart>();
        var result = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>().Value;
            if (!result.TryAdd(key, Read(parser, anchors)))
                throw new JsonException($"the YAML mapping has the key \"{key}\" twice");
        }
        return result;
    }

    private static JsonValue? Read(Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag == "tag:yaml.org,2002:str")
            return JsonValue.Create(scalar.Value);
        return scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            var text when IsFloat(text, out var number) => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        };
    }

    private static bool IsFloat(string text, out double number)
    {
        number = 0;
        return text.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '+' or '-')
            && text.Any(char.IsAsciiDigit)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }
}
