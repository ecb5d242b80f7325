using System.Collections.Immutable;
using System.Net;
using Viaduct.Lab.Filtering;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>A process that serves one Service in its network namespace, until its standard input ends: what <see cref="TwoProxies"/> looks at from outside.</summary>
public static class LabProxy
{
    /// <summary>The first argument that makes the program one.</summary>
    public const string Verb = "lab-proxy";

    internal const string ReadyLine = "ready";

    /// <summary>Arguments: the mode, the Service's address and port, the endpoint's.</summary>
    public static int Run(string[] arguments)
    {
        var options = new BackendOptions { Family = IPFamily.IPv4 };
        using var backend = LabBackends.Open(Enum.Parse<ProxyMode>(arguments[0]), options);
        var state = State(IPEndPoint.Parse(arguments[1]), IPEndPoint.Parse(arguments[2]));
        backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, CancellationToken.None).GetAwaiter().GetResult();
        Console.WriteLine(ReadyLine);
        while (Console.In.ReadLine() is not null)
        {
            // Who started it speaks by closing.
        }

        return 0;
    }

    private static ProxyState State(IPEndPoint service, IPEndPoint endpoint)
    {
        var port = new ServicePortState
        {
            Name = new ServicePortName("default", "echo", ""),
            ClusterIP = PackedAddress.From(service.Address),
            Protocol = TransportProtocol.Tcp,
            Port = (ushort)service.Port,
            Endpoints = [new ProxyEndpoint(new EndpointAddress(PackedAddress.From(endpoint.Address), (ushort)endpoint.Port), IsRemote: true)],
            HasEndpointsAnywhere = true,
        };
        return new ProxyState
        {
            Ports = ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(port.Name, port),
            Claims = port.Frontends.ToImmutableDictionary(f => f.Frontend, f => ImmutableArray.Create(new FrontendClaim(port.Name, f.Role))),
        };
    }
}
