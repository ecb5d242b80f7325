using System.Globalization;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Patch;

/// <summary>A patch that does not fit the object or the rules; the message says why.</summary>
internal sealed class PatchException(string message) : Exception(message);

/// <summary>JSON patch, RFC 6902, with JSON pointers, RFC 6901.</summary>
internal static class JsonPatch
{
    /// <summary>Answers the patched object; <paramref name="target"/> may be changed even when this throws.</summary>
    public static JsonNode Apply(JsonNode target, JsonArray operations)
    {
        // A holder, so that the empty pointer, the whole document, can be replaced like any other value.
        var holder = new JsonObject { ["root"] = target };
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = operations[i] as JsonObject ?? throw new PatchException($"operation {i} of the JSON patch is not an object");
            Apply(holder, operation);
        }
        var result = holder["root"] ?? throw new PatchException("the JSON patch removed the whole object");
        holder.Remove("root");
        return result;
    }

    private static void Apply(JsonObject holder, JsonObject operation)
    {
        var path = Pointer(operation, "path");
        switch (operation.Text("op"))
        {
            case "add":
                Add(holder, path, Value(operation));
                break;
            case "remove":
                Remove(holder, path);
                break;
            case "replace":
                Remove(holder, path);
                Add(holder, path, Value(operation));
                break;
            case "move":
                Add(holder, path, Remove(holder, Pointer(operation, "from")));
                break;
            case "copy":
                Add(holder, path, Find(holder, Pointer(operation, "from"))?.DeepClone());
                break;
            case "test":
                Test(holder, path, Value(operation));
                break;
            case var unknown:
                throw new PatchException($"the JSON patch has the unknown operation \"{unknown}\"; known are add, remove, replace, move, copy and test");
        }
    }

    private static void Test(JsonObject holder, string[] path, JsonNode? expected)
    {
        if (!JsonNode.DeepEquals(Find(holder, path), expected))
            throw new PatchException($"the test of \"{Text(path)}\" in the JSON patch failed: the value is another one");
    }

    private static void Add(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Find(holder, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject parent:
                parent[path[^1]] = value;
                break;
            case JsonArray parent when path[^1] == "-":
                parent.Add(value);
                break;
            case JsonArray parent:
                parent.Insert(Index(path, parent.Count), value);
                break;
            default:
                throw Missing(path);
        }
    }

    private static JsonNode? Remove(JsonObject holder, string[] path)
    {
        var parent = Find(holder, path.AsSpan(0, path.Length - 1));
        if (parent is JsonObject node && node.TryGetPropertyValue(path[^1], out var value))
        {
            node.Remove(path[^1]);
            return value;
        }
        if (parent is not JsonArray list)
            throw Missing(path);
        var index = Index(path, list.Count - 1);
        value = list[index];
        list.RemoveAt(index);
        return value;
    }

    private static JsonNode? Find(JsonNode node, ReadOnlySpan<string> path)
    {
        JsonNode? current = node;
        for (var i = 0; i < path.Length; i++)
        {
            current = current switch
            {
                JsonObject child when child.TryGetPropertyValue(path[i], out var value) => value,
                JsonArray list => list[Index(path[..(i + 1)], list.Count - 1)],
                _ => throw Missing(path[..(i + 1)]),
            };
        }
        return current;
    }

    private static int Index(ReadOnlySpan<string> path, int max)
    {
        var text = path[^1];
        var isIndex = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (text == "0" || text[0] != '0');
        return isIndex && index <= max ? index : throw Missing(path);
    }

    private static JsonNode? Value(JsonObject operation) =>
        operation.TryGetPropertyValue("value", out var value)
            ? value?.DeepClone()
            : throw new PatchException($"the operation \"{operation.Text("op")}\" of the JSON patch has no value");

    private static string[] Pointer(JsonObject operation, string field)
    {
        var text = operation.Text(field) ?? throw new PatchException($"an operation of the JSON patch has no \"{field}\"");
        if (text.Length > 0 && text[0] != '/')
            throw new PatchException($"\"{text}\" in the JSON patch is not a JSON pointer: it must begin with /");
        return [.. ("/root" + text).Split('/').Skip(1).Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    private static PatchException Missing(ReadOnlySpan<string> path) => new($"the JSON patch names \"{Text(path)}\", which the object does not have");

    private static string Text(ReadOnlySpan<string> path) => "/" + string.Join('/', path[1..]!);
}
