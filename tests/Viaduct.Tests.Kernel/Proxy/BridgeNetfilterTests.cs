using System.Net;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What net.bridge.bridge-nf-call-iptables and hairpin mode of bridge ports mean for Services: why the node agent sets both.</summary>
public sealed class BridgeNetfilterTests
{
    private static readonly IPAddress Service = IPAddress.Parse("172.21.0.10");

    // With 1, br_netfilter translates on the bridge itself: the frame leaves by the port it came from, which only hairpin mode allows.
    // With 0, the packet is routed through the bridge's own address, and hairpin mode does not matter.
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_pod_reaches_itself_through_its_service(bool callsIptables, bool hairpinMode)
    {
        using var lab = new NodeLab(callsIptables);
        var pod = lab.AddPod(hairpinMode);
        pod.Serve(8080);
        lab.Serve("web", Service.ToString(), null, pod);
        Assert.Equal($"pod-2 {NodeLab.Gateway}", pod.AskTcp(Service, 80));
        Assert.Equal($"pod-2 {NodeLab.Gateway}", pod.AskUdp(Service, 80));
    }

    // With 0, the answer of a pod on the same bridge is switched straight to the client, which knows no connection to that address. So the
    // agent sets 1; and where br_netfilter is missing, which an ordinary user cannot load, the source is translated.
    [Theory]
    [InlineData(true, null, "pod-3 172.20.0.2")]
    [InlineData(false, "cni0", "pod-3 172.20.0.1")]
    [InlineData(false, null, null)]
    public void A_pod_reaches_another_on_its_bridge(bool callsIptables, string? bridgeWithoutNetfilter, string? answer)
    {
        using var lab = new NodeLab(callsIptables, bridgeWithoutNetfilter);
        var client = lab.AddPod();
        var server = lab.AddPod();
        server.Serve(8080);
        lab.Serve("web", Service.ToString(), null, server);
        if (answer is null)
        {
            Assert.Throws<TimeoutException>(() => client.AskTcp(Service, 80));
            return;
        }

        Assert.Equal(answer, client.AskTcp(Service, 80));
        Assert.Equal(answer, client.AskUdp(Service, 80));
        Assert.Equal("pod-3 172.20.0.2", client.AskTcp(server.Address, 8080));
        lab.NewBackend();
        Assert.Equal(0, lab.Apply().Transactions);
    }
}
