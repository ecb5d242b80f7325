using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>client 10.1.0.2 -- 10.1.0.1 router 10.2.0.1 -- 10.2.0.2 server, as hosts of an experiment.</summary>
internal sealed class RoutedHosts : IAsyncDisposable
{
    public const string ClientAddress = "10.1.0.2", ServerAddress = "10.2.0.2";

    private readonly LabRun lab = new();

    public RoutedHosts()
    {
        (Client, Router, Server) = (lab.AddHost("client"), lab.AddHost("router"), lab.AddHost("server"));
        Join(Client, "client", "10.1.0", 1);
        Join(Server, "server", "10.2.0", 2);
        Router.SetSysctl("net.ipv4.ip_forward", "1");
    }

    public LabHost Client { get; }

    public LabHost Router { get; }

    public LabHost Server { get; }

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    private void Join(LabHost host, string device, string network, int number)
    {
        Router.AddVeth(device, "eth0", $"02:00:00:00:0{number}:01", $"02:00:00:00:0{number}:02", host);
        Router.AddAddress(device, $"{network}.1/24");
        Router.SetUp(device);
        host.AddAddress("eth0", $"{network}.2/24");
        host.SetUp("eth0");
        host.AddDefaultRoute($"{network}.1");
    }
}
