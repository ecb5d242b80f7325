using System.Text.RegularExpressions;

namespace Viaduct.Tests.Repository;

/// <summary>A page that names tests must not outlive them.</summary>
public partial class DocumentedTestsTests
{
    [Fact]
    public void The_tests_that_the_page_of_Services_names_exist()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "docs", "guide", "service-semantics.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(f => Path.GetFileNameWithoutExtension(f)!, File.ReadAllText);
        var named = TestName().Matches(page).Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, n => Assert.Contains(sources[n.Class], s => s.Contains($" {n.Method}(", StringComparison.Ordinal)));
    }

    [GeneratedRegex("`([A-Za-z]+Tests)\\.(\\w+)`")]
    private static partial Regex TestName();
}
