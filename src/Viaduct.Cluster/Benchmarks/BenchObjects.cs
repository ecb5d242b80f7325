using System.Globalization;
using System.Net;
using Viaduct.Kube.Objects;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The objects of the benchmark: Service <c>service-I</c> with a slice of the same name.</summary>
/// <param name="ns">Where they are.</param>
/// <param name="endpoints">Of each Service.</param>
/// <param name="node">Where all endpoints are; null does not say, so that each may be on the proxy's node.</param>
internal sealed class BenchObjects(string ns, int endpoints, string? node = null)
{
    public const ushort TargetPort = 8080;

    // Each change takes an address that no object had before, so that the kernel can be asked for it.
    private int _lastAddress;

    public static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"service-{index}");

    public Service Service(int index) => new()
    {
        Metadata = new ObjectMeta { Name = Name(index), Namespace = ns },
        Spec = new ServiceSpec { Ports = [new ServicePort { Name = "http", Port = 80, Protocol = "TCP", TargetPort = (int)TargetPort }] },
    };

    public EndpointSlice Slice(int index) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = Name(index),
            Namespace = ns,
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = Name(index) },
        },
        AddressType = "IPv4",
        Ports = [new EndpointPort { Name = "http", Port = TargetPort, Protocol = "TCP" }],
        Endpoints = [.. Enumerable.Range(0, endpoints).Select(_ => Ready(NextAddress()))],
    };

    /// <summary>The slice with its first endpoint replaced.</summary>
    public (EndpointSlice Slice, IPAddress Address) Changed(EndpointSlice slice)
    {
        var address = NextAddress();
        return (slice with { Metadata = slice.Metadata with { ResourceVersion = null }, Endpoints = [Ready(address), .. slice.Endpoints!.Skip(1)] }, address);
    }

    /// <summary>The slice with an endpoint less, or with a new one if it has one less already.</summary>
    public EndpointSlice Resized(EndpointSlice slice) => slice with
    {
        Metadata = slice.Metadata with { ResourceVersion = null },
        Endpoints = slice.Endpoints!.Count == endpoints ? [.. slice.Endpoints.Skip(1)] : [Ready(NextAddress()), .. slice.Endpoints],
    };

    private IPAddress NextAddress()
    {
        var number = Interlocked.Increment(ref _lastAddress);
        return new IPAddress([10, (byte)(128 | (number >> 16)), (byte)(number >> 8), (byte)number]);
    }

    private Endpoint Ready(IPAddress address) => new() { Addresses = [address.ToString()], NodeName = node, Conditions = new EndpointConditions { Ready = true } };
}
