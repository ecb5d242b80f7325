using Viaduct.Cluster.Model;

namespace Viaduct.Tests.Cluster;

public sealed class RuntimeDirectoryTests : IDisposable
{
    private readonly string own = Directory.CreateTempSubdirectory("viaduct-runtime-").FullName;

    public void Dispose() => Directory.Delete(own);

    [Fact]
    public void Roots_own_one_goes_before_that_of_the_environment() => Assert.Equal(own, RuntimeDirectory.Find(own, "/proc/self"));

    // A link belongs to whoever made it; where it leads is another question.
    [Theory]
    [InlineData("/proc/self/cwd")]
    [InlineData("/nowhere/at/all")]
    public void One_that_is_no_directory_of_the_user_is_passed_over(string other)
    {
        Assert.Equal(own, RuntimeDirectory.Find(other, own));
        Assert.Null(RuntimeDirectory.Find(other, other));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_one_in_the_environment_there_is_none(string? ofUser) => Assert.Null(RuntimeDirectory.Find("/nowhere", ofUser));
}
