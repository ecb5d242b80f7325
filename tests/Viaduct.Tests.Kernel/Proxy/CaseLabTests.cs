using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

public class CaseLabTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Everybody_reaches_every_pod_and_is_seen_with_its_own_address(IPFamily family)
    {
        var network = new CaseNetwork(family);
        using var lab = new CaseLab(network, new CaseSettings(CaseDetector.None, MasqueradeAll: false, CaseNodePorts.AllAddresses));
        foreach (var client in new[] { CaseClient.LocalPod, CaseClient.RemotePod, CaseClient.Outside })
        {
            Assert.Equal($"local {network.Of(client)}", lab[client].AskTcp(network.LocalEndpoint, CaseNetwork.TargetPort));
            Assert.Equal($"remote {network.Of(client)}", lab[client].AskUdp(network.RemoteEndpoint, CaseNetwork.TargetPort));
        }
    }
}
