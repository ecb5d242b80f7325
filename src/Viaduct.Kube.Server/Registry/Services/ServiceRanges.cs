using System.Net;
using System.Net.Sockets;
using Viaduct.Addressing;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>The cluster addresses of each family and the node ports of Services, and which are taken.</summary>
internal sealed class ServiceRanges
{
    private readonly List<ServiceAddressAllocator> _addresses;

    /// <exception cref="AddressingException">A range is too large or too small, or two are of one family.</exception>
    public ServiceRanges(IpRanges serviceCidr, PortRange nodePorts)
    {
        if (serviceCidr.IsEmpty || serviceCidr.DistinctBy(s => s.IsIPv6()).Count() != serviceCidr.Count)
            throw new AddressingException($"serviceCidr: \"{serviceCidr}\" must be one range, or one of each family.");
        _addresses = [.. serviceCidr.Select(s => new ServiceAddressAllocator(s))];
        Ports = new NodePortAllocator(nodePorts);
        Cidrs = serviceCidr;
    }

    public IpRanges Cidrs { get; }

    public NodePortAllocator Ports { get; }

    /// <summary>The family that Services have unless they ask for another.</summary>
    public string DefaultFamily => IpFamily.Of(_addresses[0].ServiceCidr);

    public bool IsDualStack => _addresses.Count == 2;

    /// <summary>The address of the Service <c>kubernetes</c>.</summary>
    public IPAddress First => _addresses[0].First;

    /// <summary>The addresses of a family, or null when the cluster does not have it.</summary>
    public ServiceAddressAllocator? Of(string family) => _addresses.FirstOrDefault(a => IpFamily.Of(a.ServiceCidr) == family);

    public ServiceAddressAllocator? Of(IPAddress address) => Of(IpFamily.Of(address));
}

/// <summary>The names of address families in the API.</summary>
internal static class IpFamily
{
    public const string IPv4 = "IPv4";
    public const string IPv6 = "IPv6";

    public static string Of(IPNetwork block) => Of(block.BaseAddress);

    public static string Of(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? IPv6 : IPv4;

    public static string Other(string family) => family == IPv4 ? IPv6 : IPv4;
}
