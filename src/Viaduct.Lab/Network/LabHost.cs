using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Lab.Network;

/// <summary>
/// A host of an experiment. Each verb is done over netlink and noted in the transcript as the command that a person would type.
/// </summary>
public sealed partial class LabHost : IAsyncDisposable
{
    private readonly LabRun lab;
    private readonly RouteClient route;
    private readonly List<IAsyncDisposable> owned = [];
    private readonly HashSet<string> cards = [];
    private IPacketFilter? filter;

    internal LabHost(LabRun lab, string name)
    {
        (this.lab, Name) = (lab, name);
        Namespace = NetNamespace.Create();
        route = RouteClient.In(Namespace);
        Namespace.Run(HostSettings.Apply);
    }

    public string Name { get; }

    public NetNamespace Namespace { get; }

    /// <summary>For what has no verb here.</summary>
    public RouteClient Route => route;

    /// <summary>The link as the kernel tells it now.</summary>
    public LinkInfo Link(string name) => route.GetLink(name);

    /// <summary>Sets a kernel setting. Like <c>sysctl -w NAME=VALUE</c>.</summary>
    public void SetSysctl(string name, string value)
    {
        Note($"sysctl -w {name}={value}");
        Namespace.Run(() => Sysctl.Write(name, value));
    }

    public string ReadSysctl(string name) => Namespace.Run(() => Sysctl.Read(name));

    /// <summary>Keeps what passes a link from now on, until the run is over.</summary>
    public PacketCapture Capture(string link)
    {
        var index = Link(link).Index;
        var capture = Namespace.Run(() => new PacketCapture(index));
        owned.Add(capture);
        return capture;
    }

    /// <summary>Sends a frame by a link, as it is.</summary>
    public void Send(string link, ReadOnlyMemory<byte> frame)
    {
        var index = Link(link).Index;
        Namespace.Run(() =>
        {
            using var socket = new PacketSocket(index);
            socket.Send(frame.Span);
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in owned)
            await one.DisposeAsync();
        filter?.Dispose();
        route.Dispose();
        Namespace.Dispose();
    }

    /// <summary>Takes over what must end with the host.</summary>
    internal T Own<T>(T one)
        where T : IAsyncDisposable
    {
        owned.Add(one);
        return one;
    }

    /// <summary>A link that plays the network card of this host.</summary>
    internal void AddCard(string link) => cards.Add(link);

    /// <summary>As the host sees itself: what plays its network card is one.</summary>
    internal NamespaceView AsSeen(NamespaceView view) =>
        view with { Devices = [.. view.Devices.Select(d => cards.Contains(d.Name) && d.Peer is null ? d with { Kind = null } : d)] };

    private void Note(string command) => lab.Record(new CommandLine(Name, command));
}
