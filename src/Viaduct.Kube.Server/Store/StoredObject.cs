using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Store;

/// <summary>One version of one object: immutable, its JSON carries <paramref name="revision"/> as metadata.resourceVersion.</summary>
internal sealed class StoredObject(StoreKey key, long revision, ReadOnlyMemory<byte> json)
{
    // Boxed: the reference is written at once, so that readers on other threads see all of it or nothing.
    private volatile object? _root;

    public StoreKey Key => key;

    public long Revision => revision;

    public ReadOnlyMemory<byte> Json => json;

    /// <summary>The object for reading; parsed on first use and kept, because selectors ask again and again.</summary>
    public JsonElement Root => (JsonElement)(_root ??= JsonElement.Parse(json.Span));

    /// <summary>A copy for changing.</summary>
    public JsonObject ToObject() => JsonNode.Parse(json.Span)!.AsObject();
}
