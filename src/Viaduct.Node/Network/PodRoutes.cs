using System.Net;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network;

/// <summary>A route to the pods of one node.</summary>
public readonly record struct PodRoute(IPNetwork Destination, IPAddress Gateway);

/// <summary>What has to change in the kernel; removals come after additions have been made.</summary>
public sealed record PodRoutePlan(IReadOnlyList<PodRoute> Replace, IReadOnlyList<PodRoute> Delete)
{
    public bool IsEmpty => Replace.Count == 0 && Delete.Count == 0;
}

/// <summary>
/// Keeps routes to pod ranges equal to a desired set. Routes are told apart from everybody else's by their protocol number,
/// so stale ones of an earlier run are found and removed.
/// </summary>
public sealed class PodRoutes(RouteClient routes, byte protocol = PodRoutes.DefaultProtocol)
{
    /// <summary>Our rtnetlink protocol number (rt_protos: 5 to 255 are free for user space; unused by the known daemons).</summary>
    public const byte DefaultProtocol = 86;

    /// <summary>Makes the kernel's routes equal to <paramref name="desired"/>; does nothing when they are.</summary>
    public PodRoutePlan Apply(IReadOnlyCollection<PodRoute> desired)
    {
        var plan = Plan(desired, Read());
        foreach (var route in plan.Replace)
            routes.ReplaceRoute(Spec(route));
        foreach (var route in plan.Delete)
            routes.DeleteRoute(Spec(route));
        return plan;
    }

    /// <summary>The difference between two sets; pure.</summary>
    public static PodRoutePlan Plan(IReadOnlyCollection<PodRoute> desired, IReadOnlyCollection<PodRoute> actual)
    {
        var have = actual.ToHashSet();
        var wanted = desired.Select(d => d.Destination).ToHashSet();
        return new PodRoutePlan(
            [.. desired.Where(d => !have.Contains(d))],
            // Replacing a route with another gateway already removes the old one.
            [.. actual.Where(a => !wanted.Contains(a.Destination))]);
    }

    private List<PodRoute> Read() =>
    [
        .. from route in routes.ListRoutes()
           where route.Protocol == protocol && route.Gateway is not null
           select new PodRoute(route.Destination, route.Gateway!),
    ];

    private RouteSpec Spec(PodRoute route) => new() { Destination = route.Destination, Gateway = route.Gateway, Protocol = protocol };
}
