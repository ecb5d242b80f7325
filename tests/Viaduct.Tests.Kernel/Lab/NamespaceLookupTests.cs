using System.Diagnostics;
using System.Globalization;
using Viaduct.Lab.Drawing;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>What <c>viaduct draw --netns</c> takes, and what it says of what it does not take.</summary>
public sealed class NamespaceLookupTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("viaduct-draw-").FullName;

    public void Dispose()
    {
        foreach (var file in Directory.GetFiles(directory))
            NetNamespace.Unbind(file);
        Directory.Delete(directory);
    }

    [Fact]
    public void Of_an_unknown_name_is_told_which_there_are()
    {
        Assert.Equal("There is no network namespace \"nope\": none has a name here (ip netns list); give the number of a process, a path, or all.", Refused("nope"));
        foreach (var number in Enumerable.Range(1, 11))
            File.WriteAllText(Path.Combine(directory, $"pod-{number:00}"), "");
        var shown = string.Join(", ", Enumerable.Range(1, 9).Select(n => $"pod-{n:00}"));
        Assert.Equal($"There is no network namespace \"nope\": there are {shown} and 2 more (ip netns list); give one of them, the number of a process, a path, or all.", Refused("nope"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("99999999999")]
    [InlineData("no\u001b[2Jpe")]
    public void What_can_be_no_name_is_an_unknown_one(string name)
    {
        var message = Refused(name);
        Assert.StartsWith("There is no network namespace \"", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void A_name_whose_namespace_is_gone_is_told_to_be_none()
    {
        var path = Path.Combine(directory, "left");
        File.WriteAllText(path, "");
        Assert.Equal($"{path} is not a network namespace: give a path such as /proc/PID/ns/net, a name (ip netns list), or all.", Refused("left"));
    }

    [Fact]
    public void A_name_a_path_and_the_number_of_a_process_lead_to_the_namespace()
    {
        using var ns = NetNamespace.Create();
        ns.BindTo(Path.Combine(directory, "one"));
        using var byName = NamespaceLookup.Find("one", directory);
        using var byPath = NamespaceLookup.Find(Path.Combine(directory, "one"), directory);
        using var byNumber = NamespaceLookup.Find(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), directory);
        using var own = NetNamespace.OpenCurrent();
        Assert.Equal([ns.Inode, ns.Inode, own.Inode], new[] { byName, byPath, byNumber }.Select(n => n.Namespace.Inode));
    }

    [Fact]
    public void A_process_that_ended_is_told_to_be_gone()
    {
        using var ended = Process.Start("true");
        ended.WaitForExit();
        Assert.Equal($"There is no process {ended.Id}: give the number of one that runs, a name (ip netns list), a path, or all.", Refused($"{ended.Id}"));
    }

    [Fact]
    public void A_path_that_leads_to_no_network_namespace_is_told_to_be_none()
    {
        Assert.Equal("There is no file /nowhere/nope: give a path such as /proc/PID/ns/net, a name (ip netns list), or all.", Refused("/nowhere/nope"));
        Assert.Equal("/proc/self/ns/uts is not a network namespace: give a path such as /proc/PID/ns/net, a name (ip netns list), or all.", Refused("/proc/self/ns/uts"));
    }

    private string Refused(string netns) => Assert.Throws<DrawingException>(() => NamespaceLookup.Find(netns, directory)).Message;
}
