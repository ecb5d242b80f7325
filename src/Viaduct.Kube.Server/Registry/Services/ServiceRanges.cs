using System.Net;
using Viaduct.Addressing;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>The cluster addresses and node ports of Services, and which are taken.</summary>
internal sealed class ServiceRanges(IPNetwork serviceCidr, PortRange nodePorts)
{
    public ServiceAddressAllocator Addresses { get; } = new(serviceCidr);

    public NodePortAllocator Ports { get; } = new(nodePorts);
}
