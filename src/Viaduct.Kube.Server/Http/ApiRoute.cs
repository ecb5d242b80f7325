using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>Where a request goes: a collection of a kind, one object, or a part of it.</summary>
internal sealed record ApiRoute(ResourceStrategy Strategy, string? Namespace, string? Name, string? Subresource)
{
    /// <summary>
    /// Reads <c>/api/v1/...</c> or <c>/apis/GROUP/VERSION/...</c>, then <c>[namespaces/NS/]RESOURCE[/NAME[/SUBRESOURCE]]</c>;
    /// null when nothing is served there.
    /// </summary>
    public static ApiRoute? Parse(string path, ResourceCatalog catalog)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        return parts switch
        {
            ["api", var version, .. var rest] => ParseResource("", version, rest, catalog),
            ["apis", var group, var version, .. var rest] => ParseResource(group, version, rest, catalog),
            _ => null,
        };
    }

    private static ApiRoute? ParseResource(string group, string version, string[] rest, ResourceCatalog catalog)
    {
        // namespaces/NS/pods is inside a namespace; namespaces/NS and namespaces/NS/status are the namespace itself.
        string? ns = null;
        if (rest is ["namespaces", var space, var inner, ..] && inner is not ("status" or "finalize"))
            (ns, rest) = (space, rest[2..]);
        if (rest.Length is 0 or > 3 || catalog.Find(group, version, rest[0]) is not { } strategy)
            return null;
        var fits = strategy.Resource.Namespaced ? ns is not null || rest.Length == 1 : ns is null;
        return fits ? new ApiRoute(strategy, ns, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2)) : null;
    }
}
