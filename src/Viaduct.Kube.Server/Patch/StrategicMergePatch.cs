using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Patch;

/// <summary>
/// Strategic merge patch: a merge patch that merges the lists named in <see cref="MergeKeys"/> element by element, with the directives
/// $patch, $retainKeys, $deleteFromPrimitiveList and $setElementOrder (community contributors/devel/sig-api-machinery/strategic-merge-patch.md).
/// </summary>
internal sealed class StrategicMergePatch(KubernetesSchema schema)
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromList = "$deleteFromPrimitiveList/";
    private const string ElementOrder = "$setElementOrder/";

    /// <summary>Answers the patched object; neither argument is changed.</summary>
    public JsonObject Apply(JsonObject target, JsonObject patch, string typeName) => MergeObject(target, patch, schema[typeName]);

    private JsonObject MergeObject(JsonObject target, JsonObject patch, ObjectType? type)
    {
        switch (patch.Text(Directive))
        {
            case "replace":
                return WithoutDirectives(patch);
            case "delete":
                return [];
            case not null and not "merge":
                throw new PatchException($"unknown {Directive} directive \"{patch.Text(Directive)}\": known are merge, replace and delete");
        }
        var result = (JsonObject)target.DeepClone();
        ApplyRetainKeys(result, patch);
        foreach (var (name, _) in patch.Where(p => p.Key.StartsWith(DeleteFromList, StringComparison.Ordinal)))
            RemoveScalars(result, name[DeleteFromList.Length..], patch[name] as JsonArray ?? []);
        foreach (var (name, value) in patch.Where(p => p.Key[0] != '$'))
            MergeField(result, name, value, type);
        foreach (var (name, order) in patch.Where(p => p.Key.StartsWith(ElementOrder, StringComparison.Ordinal)))
            ApplyOrder(result, target, name[ElementOrder.Length..], order as JsonArray ?? [], type);
        return result;
    }

    private void MergeField(JsonObject result, string name, JsonNode? value, ObjectType? type)
    {
        var field = type?.Fields.GetValueOrDefault(name);
        if (value is null)
            result.Remove(name);
        else if (value is JsonObject child)
            result[name] = MergeObject(result[name] as JsonObject ?? [], child, ObjectTypeOf(field));
        else if (value is JsonArray list && result[name] is JsonArray existing)
            result[name] = MergeList(existing, list, type, name, field);
        else
            result[name] = value is JsonArray fresh ? MergeList([], fresh, type, name, field) : value.DeepClone();
    }

    private JsonArray MergeList(JsonArray existing, JsonArray patch, ObjectType? type, string name, FieldType? field)
    {
        var key = type is null ? null : MergeKeys.Of(type.Name, name);
        if (key is null)
            return new JsonArray([.. patch.Select(Clean)]);
        return key.Length == 0 ? Union(existing, patch) : MergeByKey(existing, patch, key, ObjectTypeOf(field?.Element));
    }

    private JsonArray MergeByKey(JsonArray existing, JsonArray patch, string key, ObjectType? elementType)
    {
        var items = patch.OfType<JsonObject>().ToList();
        if (items.Any(i => i.Text(Directive) == "replace"))
            return new JsonArray([.. items.Where(i => i.Text(Directive) != "replace").Select(Clean)]);
        var result = existing.Select(n => n?.DeepClone()).ToList();
        foreach (var item in items)
        {
            var value = item[key] ?? throw new PatchException($"an element of a list in the patch has no field \"{key}\", by which the elements are merged");
            var index = result.FindIndex(n => n is JsonObject o && JsonNode.DeepEquals(o[key], value));
            if (item.Text(Directive) == "delete")
                result.RemoveAll(n => n is JsonObject o && JsonNode.DeepEquals(o[key], value));
            else if (index < 0)
                result.Add(MergeObject([], item, elementType));
            else
                result[index] = MergeObject((JsonObject)result[index]!, item, elementType);
        }
        return new JsonArray([.. result]);
    }

    private static JsonArray Union(JsonArray existing, JsonArray patch)
    {
        var result = new List<JsonNode?>();
        foreach (var item in existing.Concat(patch))
        {
            if (!result.Any(r => JsonNode.DeepEquals(r, item)))
                result.Add(item?.DeepClone());
        }
        return new JsonArray([.. result]);
    }

    private static void ApplyRetainKeys(JsonObject result, JsonObject patch)
    {
        if (patch[RetainKeys] is not JsonArray keys)
            return;
        var retained = keys.Select(k => k?.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var name in result.Select(p => p.Key).Where(k => !retained.Contains(k)).ToList())
            result.Remove(name);
    }

    private static void RemoveScalars(JsonObject result, string name, JsonArray values)
    {
        if (result[name] is not JsonArray list)
            return;
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (values.Any(v => JsonNode.DeepEquals(v, list[i])))
                list.RemoveAt(i);
        }
    }

    /// <summary>Brings the elements that the client knows into its order; the server's own keep their place among them.</summary>
    private static void ApplyOrder(JsonObject result, JsonObject target, string name, JsonArray order, ObjectType? type)
    {
        if (result[name] is not JsonArray merged)
            return;
        var key = type is null ? "" : MergeKeys.Of(type.Name, name) ?? "";
        var known = merged.Where(n => Position(order, n, key) >= 0).OrderBy(n => Position(order, n, key)).ToList();
        var others = merged.Where(n => Position(order, n, key) < 0).ToList();
        var original = target[name] as JsonArray ?? [];
        var sorted = new List<JsonNode?>();
        while (known.Count > 0 || others.Count > 0)
        {
            var from = others.Count == 0 || (known.Count > 0 && IsBefore(original, known[0], others[0], key)) ? known : others;
            sorted.Add(from[0]);
            from.RemoveAt(0);
        }
        result[name] = new JsonArray([.. sorted.Select(n => n?.DeepClone())]);
    }

    private static bool IsBefore(JsonArray original, JsonNode? left, JsonNode? right, string key)
    {
        var (leftAt, rightAt) = (Position(original, left, key), Position(original, right, key));
        return leftAt >= 0 && rightAt >= 0 && leftAt < rightAt;
    }

    private static int Position(JsonArray list, JsonNode? item, string key)
    {
        for (var i = 0; i < list.Count; i++)
        {
            var same = key.Length == 0
                ? JsonNode.DeepEquals(list[i], item)
                : list[i] is JsonObject a && item is JsonObject b && JsonNode.DeepEquals(a[key], b[key]);
            if (same)
                return i;
        }
        return -1;
    }

    private ObjectType? ObjectTypeOf(FieldType? field) => field?.Kind == FieldKind.Object ? schema[field.TypeName!] : null;

    private static JsonNode? Clean(JsonNode? node) => node is JsonObject value ? WithoutDirectives(value) : node?.DeepClone();

    /// <summary>A copy of a new value: nothing is there that its directives could act on.</summary>
    private static JsonObject WithoutDirectives(JsonObject value)
    {
        var result = new JsonObject();
        foreach (var (name, child) in value)
        {
            if (name.StartsWith('$'))
                continue;
            result[name] = child is JsonArray list ? new JsonArray([.. list.Select(Clean)]) : Clean(child);
        }
        return result;
    }
}
