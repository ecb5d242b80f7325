using Viaduct.Lab.Clusters;
using Viaduct.Lab.Engine;
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

    [Fact]
    public void It_lies_in_the_users_own_directory_unless_the_paths_of_sockets_get_too_long()
    {
        Assert.Equal("/run/user/1000/viaduct-lab", LabDirectory.Place("/run/user/1000"));
        var longest = "/" + new string('x', 107 - 1 - "/viaduct-lab/12345678/node-1/node-1.sock".Length);
        Assert.StartsWith(longest, LabDirectory.Place(longest), StringComparison.Ordinal);
        Assert.All([longest + "x", null], runtime => Assert.StartsWith(Path.Combine(Path.GetTempPath(), "viaduct-lab-"), LabDirectory.Place(runtime), StringComparison.Ordinal));
    }

    [Fact]
    public void What_others_may_enter_is_refused_in_one_sentence()
    {
        var all = Directory.CreateTempSubdirectory("viaduct-lab-test-").FullName;
        File.SetUnixFileMode(all, (UnixFileMode)0b111_101_101);
        Assert.Equal(
            $"{all} must be a directory of this user that nobody else may enter (mode 0700): remove what is there, or set XDG_RUNTIME_DIR to a directory of your own.",
            Assert.Throws<ExperimentFailedException>(() => LabDirectory.CreateBelow(all)).Message);
        Assert.Empty(Directory.GetFileSystemEntries(all));
        Directory.Delete(all);
    }
}
