using Viaduct.Linux.Route;

namespace Viaduct.Lab.Drawing;

/// <summary>One namespace's objects as rtnetlink tells them, before names replace numbers.</summary>
internal sealed record NamespaceReading
{
    public required string Name { get; init; }

    public required IReadOnlyList<LinkInfo> Links { get; init; }

    public required IReadOnlyList<AddressInfo> Addresses { get; init; }

    public required IReadOnlyList<RouteInfo> Routes { get; init; }

    /// <summary>The names of the other namespaces by the numbers that <see cref="LinkInfo.LinkNamespaceId"/> has here.</summary>
    public required IReadOnlyDictionary<int, string> NamespaceIds { get; init; }

    /// <summary>Reads <paramref name="ns"/>, which is one of <paramref name="all"/>.</summary>
    public static NamespaceReading Of(NamespaceToDraw ns, IReadOnlyList<NamespaceToDraw> all, bool withRoutes)
    {
        using var route = RouteClient.In(ns.Namespace);
        var links = route.ListLinks();
        return new NamespaceReading
        {
            Name = ns.Name,
            Links = links,
            Addresses = route.ListAddresses(),
            Routes = withRoutes ? route.ListRoutes() : [],
            NamespaceIds = links.Any(l => l.LinkNamespaceId is not null) ? Ids(route, all) : new Dictionary<int, string>(),
        };
    }

    private static Dictionary<int, string> Ids(RouteClient route, IReadOnlyList<NamespaceToDraw> all)
    {
        var names = new Dictionary<int, string>();
        foreach (var other in all)
        {
            if (route.FindNamespaceId(other.Namespace) is { } id)
                names[id] = other.Name;
        }

        return names;
    }
}
