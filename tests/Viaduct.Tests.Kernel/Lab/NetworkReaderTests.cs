using Viaduct.Lab.Drawing;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Lab;

public sealed class NetworkReaderTests : IDisposable
{
    private readonly NetNamespace host = NetNamespace.Create();
    private readonly NetNamespace pod = NetNamespace.Create();

    [Fact]
    public void Devices_are_told_with_what_they_are_connected_to_in_every_namespace()
    {
        using (var route = RouteClient.In(host))
        {
            route.AddLink(new BridgeSpec { Name = "br0", Up = true });
            route.AddLink(new VethSpec { Name = "veth0", PeerName = "eth0", PeerNamespace = pod, Master = route.GetLink("br0").Index, Up = true });
            route.AddLink(new VethSpec { Name = "left", PeerName = "right" });
        }

        Tool.Run(host, "ip", "address", "add", "10.1.0.1/16", "dev", "br0");
        Tool.Run(host, "ip", "link", "add", "mac0", "link", "left", "type", "macvlan");
        var view = NetworkReader.Read([new("host", host), new("pod", pod)], withRoutes: true);
        Assert.Equal(new DeviceName("pod", "eth0"), view.Find("host")!.Find("veth0")!.Peer);
        Assert.Equal(new DeviceName("host", "veth0"), view.Find("pod")!.Find("eth0")!.Peer);
        Assert.Equal(new DeviceName("host", "right"), view.Find("host")!.Find("left")!.Peer);
        Assert.Equal(new DeviceName("host", "left"), view.Find("host")!.Find("mac0")!.Lower);
        Assert.Equal("br0", view.Find("host")!.Find("veth0")!.Master);
        Assert.Equal(["10.1.0.1/16"], view.Find("host")!.Find("br0")!.Addresses.Select(a => a.ToString()));
        Assert.Contains("10.1.0.0/16 dev br0 src 10.1.0.1", view.Find("host")!.Routes);
    }

    [Fact]
    public void A_tunnel_stands_on_the_device_that_its_packets_leave_by_also_from_another_namespace()
    {
        Tool.Run(host, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "end");
        Tool.Run(host, "ip", "link", "add", "vx0", "type", "vxlan", "id", "42", "dstport", "4789", "dev", "wire");
        Assert.Equal(new DeviceName("host", "wire"), NetworkReader.Read([new("host", host)]).Find("host")!.Find("vx0")!.Lower);
        using var sleeper = pod.Run(() => System.Diagnostics.Process.Start("sleep", "60"));
        try
        {
            Tool.Run(host, "ip", "link", "set", "vx0", "netns", sleeper.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(new DeviceName("host", "wire"), NetworkReader.Read([new("host", host), new("pod", pod)]).Find("pod")!.Find("vx0")!.Lower);
        }
        finally
        {
            sleeper.Kill();
            sleeper.WaitForExit();
        }
    }

    [Fact]
    public void A_pair_whose_other_end_is_not_looked_at_leads_out()
    {
        using (var route = RouteClient.In(host))
            route.AddLink(new VethSpec { Name = "veth0", PeerName = "eth0", PeerNamespace = pod });
        var device = NetworkReader.Read([new("host", host)]).Find("host")!.Find("veth0")!;
        Assert.Null(device.Peer);
        Assert.True(device.LeadsOut);
    }

    [Fact]
    public void Namespaces_of_processes_are_found_wherever_they_are()
    {
        var inode = pod.Inode;
        using var sleeper = pod.Run(() => System.Diagnostics.Process.Start("sleep", "60"));
        try
        {
            var found = NamespaceFinder.All();
            Assert.Equal("host", found[0].Name);
            Assert.Equal($"sleep {sleeper.Id}", Assert.Single(found, n => n.Namespace.Inode == inode).Name);
            using var byNumber = NamespaceFinder.One(sleeper.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(inode, byNumber.Namespace.Inode);
            foreach (var ns in found)
                ns.Dispose();
        }
        finally
        {
            sleeper.Kill();
            sleeper.WaitForExit();
        }
    }

    [Theory]
    [InlineData("with blank")]
    [InlineData("with\ttab")]
    [InlineData("with\nline")]
    [InlineData("with\rreturn")]
    [InlineData(@"with\040backslash")]
    public void Namespaces_are_found_whatever_their_names_are(string name)
    {
        var directory = Directory.CreateTempSubdirectory("viaduct draw-").FullName;
        var path = Path.Combine(directory, name);
        pod.BindTo(path);
        try
        {
            var found = NamespaceFinder.All();
            Assert.Equal(name, Assert.Single(found, n => n.Namespace.Inode == pod.Inode).Name);
            foreach (var ns in found)
                ns.Dispose();
        }
        finally
        {
            NetNamespace.Unbind(path);
            Directory.Delete(directory);
        }
    }

    [Fact]
    public void A_node_with_two_hundred_pods_is_read_and_drawn_readably()
    {
        var pods = Enumerable.Range(0, 200).Select(i => new NamespaceToDraw($"pod-{i}", NetNamespace.Create())).ToList();
        try
        {
            using (var route = RouteClient.In(host))
            {
                route.AddLink(new BridgeSpec { Name = "cni0", Up = true });
                var bridge = route.GetLink("cni0").Index;
                foreach (var (one, index) in pods.Select((p, i) => (p, i)))
                    route.AddLink(new VethSpec { Name = $"veth{index}", PeerName = "eth0", PeerNamespace = one.Namespace, Master = bridge });
            }

            var drawing = Drawings.Draw(NetworkReader.Read([new("node", host), .. pods]), DrawingFormat.Ascii);
            Assert.Contains("pod-0 and 199 alike", drawing, StringComparison.Ordinal);
            Assert.All(drawing.Split('\n'), line => Assert.InRange(line.Length, 0, 120));
        }
        finally
        {
            foreach (var one in pods)
                one.Dispose();
        }
    }

    public void Dispose()
    {
        host.Dispose();
        pod.Dispose();
    }
}
