using System.Diagnostics;
using Viaduct.Linux.Files;

namespace Viaduct.Tests.Kernel.Linux;

public sealed class OwnDirectoryTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("viaduct-own-").FullName;

    private string Inside => Path.Combine(directory, "inside");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void It_is_made_for_its_owner_only_and_taken_again_as_it_is()
    {
        Assert.False(OwnDirectory.Is(Inside));
        Assert.True(OwnDirectory.TryCreatePrivate(Inside));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Inside));
        File.WriteAllText(Path.Combine(Inside, "file"), "");
        Assert.True(OwnDirectory.TryCreatePrivate(Inside));
        Assert.True(OwnDirectory.Is(Inside));
        Assert.True(File.Exists(Path.Combine(Inside, "file")));
    }

    [Theory]
    [InlineData(0b111_101_101)]
    [InlineData(0b111_111_111)]
    [InlineData(0b101_000_000)]
    public void Another_mode_is_refused(int mode)
    {
        Directory.CreateDirectory(Inside);
        File.SetUnixFileMode(Inside, (UnixFileMode)mode);
        Assert.True(OwnDirectory.Is(Inside));
        Assert.False(OwnDirectory.TryCreatePrivate(Inside));
    }

    [Fact]
    public void A_file_is_refused()
    {
        File.WriteAllText(Inside, "");
        Assert.False(OwnDirectory.TryCreatePrivate(Inside));
        Assert.False(OwnDirectory.Is(Inside));
    }

    [Fact]
    public void A_link_is_refused_also_one_to_a_directory_of_ones_own()
    {
        OwnDirectory.TryCreatePrivate(Path.Combine(directory, "real"));
        File.CreateSymbolicLink(Inside, "real");
        Assert.False(OwnDirectory.TryCreatePrivate(Inside));
        Assert.False(OwnDirectory.Is(Inside));
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_refused()
    {
        File.CreateSymbolicLink(Inside, "nowhere");
        Assert.False(OwnDirectory.TryCreatePrivate(Inside));
        Assert.False(Directory.Exists(Path.Combine(directory, "nowhere")));
    }

    [Fact]
    public void A_directory_of_another_user_is_refused()
    {
        Assert.True(OwnDirectory.TryCreatePrivate(Inside));
        using var chown = Process.Start("chown", ["1", Inside]);
        chown.WaitForExit();
        Assert.SkipUnless(chown.ExitCode == 0, "Needs root: a user namespace has one user.");
        Assert.False(OwnDirectory.TryCreatePrivate(Inside));
        Assert.False(OwnDirectory.Is(Inside));
    }
}
