using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Linux;

public class NetNamespaceTests
{
    [Fact]
    public void A_new_namespace_is_another_one_and_its_loopback_is_up()
    {
        using var ns = NetNamespace.Create();
        using var here = NetNamespace.OpenCurrent();
        Assert.NotEqual(here.Inode, ns.Inode);
        using var route = RouteClient.In(ns);
        var link = Assert.Single(route.ListLinks());
        Assert.Equal("lo", link.Name);
        Assert.True(link.IsUp);
    }

    [Fact]
    public void Run_runs_inside_and_the_caller_stays_outside()
    {
        using var ns = NetNamespace.Create();
        Assert.Equal(ns.Inode, ns.Run(InodeOfCurrent));
        Assert.NotEqual(ns.Inode, InodeOfCurrent());
    }

    [Fact]
    public void Exceptions_come_out_of_Run_as_they_are()
    {
        using var ns = NetNamespace.Create();
        var error = Assert.Throws<NetlinkException>(() => ns.Run(() => new RouteClient().GetLink("nosuch")));
        Assert.True(error.IsNotFound);
        Assert.Contains("nosuch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bound_namespace_is_found_by_its_path_and_lives_without_descriptors()
    {
        var path = Path.Combine(Path.GetTempPath(), $"viaduct-{Guid.NewGuid():N}");
        ulong inode;
        using (var ns = NetNamespace.Create())
        {
            ns.BindTo(path);
            inode = ns.Inode;
        }
        using (var again = NetNamespace.Open(path))
            Assert.Equal(inode, again.Inode);
        NetNamespace.Unbind(path);
        Assert.False(File.Exists(path));
        NetNamespace.Unbind(path);
    }

    [Fact]
    public void A_file_that_is_no_namespace_is_refused_by_name()
    {
        var error = Assert.Throws<Viaduct.Linux.LinuxException>(() => NetNamespace.Open("/proc/self/ns/uts"));
        Assert.Contains("not a network namespace", error.Message, StringComparison.Ordinal);
    }

    private static ulong InodeOfCurrent()
    {
        using var current = NetNamespace.OpenCurrent();
        return current.Inode;
    }
}
