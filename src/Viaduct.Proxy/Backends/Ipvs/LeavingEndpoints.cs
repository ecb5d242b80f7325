using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Endpoints of weight 0: they left, but may still have connections. The kernel tells of no end of a connection, so one has to ask.</summary>
internal static class LeavingEndpoints
{
    /// <summary>Deletes those without connections.</summary>
    public static void Delete(InstalledIpvs installed, IpvsKernel kernel, BackendOptions options)
    {
        var edit = new IpvsEdit(options.Family);
        var differ = new IpvsDiffer(installed, options.Ipvs, edit);
        foreach (var key in installed.WithLeaving.ToList())
        {
            foreach (var destination in kernel.Ipvs.ListDestinations(key.ToServiceKey(options.Family)))
            {
                var endpoint = new EndpointAddress(PackedAddress.From(destination.Address), destination.Port);
                if (destination.ActiveConnections + destination.InactiveConnections == 0 && installed.Services[key].Leaving?.Contains(endpoint) == true)
                    differ.DeleteLeft(key, endpoint);
            }
        }

        kernel.Commit(edit);
    }
}
