using Viaduct.Lab.Clusters;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>A run that was killed leaves mounts of pods' namespaces and files; the next one removes them.</summary>
public class LabDirectoryTests
{
    [Fact]
    public void What_a_killed_run_left_is_gone_when_the_next_one_begins()
    {
        string left;
        using (var any = LabDirectory.Create())
            left = Path.Combine(Path.GetDirectoryName(any.Path)!, $"left-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Path.Combine(left, "node-1", "netns"));
        File.WriteAllText($"{left}.lock", "");
        using (var ns = NetNamespace.Create())
            ns.BindTo(Path.Combine(left, "node-1", "netns", "default_web-1_0"));
        Assert.Contains(left, File.ReadAllText("/proc/self/mounts"));

        using var next = LabDirectory.Create();
        Assert.False(Directory.Exists(left));
        Assert.False(File.Exists($"{left}.lock"));
        Assert.DoesNotContain(left, File.ReadAllText("/proc/self/mounts"));
    }

    [Fact]
    public void Runs_at_the_same_time_leave_each_other_alone_and_leave_nothing()
    {
        var first = LabDirectory.Create();
        using (var second = LabDirectory.Create())
        {
            Assert.True(Directory.Exists(first.Path));
            Assert.NotEqual(first.Path, second.Path);
        }

        Assert.True(Directory.Exists(first.Path));
        first.Dispose();
        Assert.False(Directory.Exists(first.Path));
        Assert.False(File.Exists($"{first.Path}.lock"));
    }
}
