namespace Viaduct.Linux.Route;

/// <content>Routes.</content>
public sealed partial class RouteClient
{
    /// <summary>Adds a route; one to the same destination with the same metric is an error. Like <c>ip route add</c>.</summary>
    public void AddRoute(RouteSpec spec)
    {
        var request = RouteWire.Add(spec);
        _channel.Execute(ref request, $"adding route {spec}");
    }

    /// <summary>Adds a route or replaces the one to the same destination with the same metric. Like <c>ip route replace</c>.</summary>
    public void ReplaceRoute(RouteSpec spec)
    {
        var request = RouteWire.Replace(spec);
        _channel.Execute(ref request, $"replacing route {spec}");
    }

    /// <summary>Deletes the first route that matches; the protocol must match, too, unless it is 0. Like <c>ip route delete</c>.</summary>
    public void DeleteRoute(RouteSpec spec)
    {
        var request = RouteWire.Delete(spec);
        _channel.Execute(ref request, $"deleting route {spec}");
    }

    /// <summary>The routes of a table, IPv4 and IPv6. Like <c>ip route</c>.</summary>
    public IReadOnlyList<RouteInfo> ListRoutes(RouteTable table = RouteTable.Main)
    {
        var request = RouteWire.List();
        return _channel.Dump(ref request, "listing routes", message => RouteWire.Read(message, table));
    }
}
