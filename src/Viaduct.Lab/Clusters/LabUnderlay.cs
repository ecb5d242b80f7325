using Viaduct.Cluster.Underlay;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Clusters;

/// <summary>The machines and wires of an underlay's plan as hosts of an experiment: a bridge of the router for each vSwitch, and a wire for each node. Without a word.</summary>
internal sealed class LabUnderlay(UnderlayPlan plan, LabHost router)
{
    public void Build()
    {
        router.SetSysctl("net.ipv4.ip_forward", "1");
        router.SetSysctl("net.ipv4.conf.all.send_redirects", "0");
        router.SetSysctl("net.ipv4.conf.default.send_redirects", "0");
        foreach (var vSwitch in plan.VSwitches)
        {
            router.AddBridge(vSwitch.Bridge);
            router.AddAddress(vSwitch.Bridge, $"{vSwitch.Gateways[0]}/{vSwitch.Networks[0].PrefixLength}");
            router.SetUp(vSwitch.Bridge);
        }
    }

    public LabHost Connect(LabHost host, HostPlan place)
    {
        var number = plan.Nodes.ToList().IndexOf(place) + 1;
        router.AddVeth(place.Name, "eth0", $"02:fe:00:00:00:{number:x2}", $"02:00:00:00:00:{number:x2}", host);
        router.SetMaster(place.Name, place.VSwitch.Bridge);
        router.SetUp(place.Name);
        host.AddCard("eth0");
        host.AddAddress("eth0", $"{place.Address}/{place.VSwitch.Networks[0].PrefixLength}");
        host.SetUp("eth0");
        host.AddDefaultRoute($"{place.VSwitch.Gateways[0]}");
        return host;
    }
}
