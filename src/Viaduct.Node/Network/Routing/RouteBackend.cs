namespace Viaduct.Node.Network.Routing;

/// <summary>How packets for pods of another node get there.</summary>
public enum RouteBackend
{
    /// <summary>By a route through the other node's address, when that is on a network of this node; otherwise the network's router has to know the way.</summary>
    HostGw,

    /// <summary>In a VXLAN tunnel to the other node's address.</summary>
    Vxlan,

    /// <summary>As <see cref="HostGw"/> to nodes on a network of this node, as <see cref="Vxlan"/> to all others.</summary>
    Auto,

    /// <summary>By the network's router alone, as with the route table of a cloud's VPC.</summary>
    Vpc,
}

/// <summary>The names that people write.</summary>
public static class RouteBackends
{
    private static readonly (RouteBackend Backend, string Name)[] s_names =
        [(RouteBackend.HostGw, "host-gw"), (RouteBackend.Vxlan, "vxlan"), (RouteBackend.Auto, "auto"), (RouteBackend.Vpc, "vpc")];

    public static IReadOnlyList<string> Names { get; } = [.. s_names.Select(n => n.Name)];

    public static string Name(this RouteBackend backend) => s_names.First(n => n.Backend == backend).Name;

    public static bool HasTunnel(this RouteBackend backend) => backend is RouteBackend.Vxlan or RouteBackend.Auto;

    /// <summary>Null when there is no such backend.</summary>
    public static RouteBackend? Parse(string name) => s_names.Where(n => n.Name == name).Select(n => (RouteBackend?)n.Backend).FirstOrDefault();
}
