using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Gives the same string for equal ones: every object brings its own copies of the same few namespaces, port names and zones.</summary>
internal sealed class StringPool
{
    // What only loses sharing when it is forgotten may be forgotten.
    private const int Limit = 20_000;
    private readonly Dictionary<string, string> strings = [];
    private readonly Dictionary<string, string[]> zones = [];

    public string Share(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (strings.TryGetValue(text, out var shared))
            return shared;
        if (strings.Count >= Limit)
            strings.Clear();
        return strings[text] = text;
    }

    /// <summary>The zones of an endpoint's hints, or null when it has none.</summary>
    public string[]? Share(IReadOnlyList<ForZone>? hints)
    {
        if (hints is null or { Count: 0 })
            return null;
        var key = hints.Count == 1 ? hints[0].Name : string.Join(' ', hints.Select(z => z.Name));
        if (zones.TryGetValue(key, out var shared))
            return shared;
        if (zones.Count >= Limit)
            zones.Clear();
        return zones[key] = [.. hints.Select(z => z.Name)];
    }
}
