using System.Xml.Linq;

namespace Viaduct.Tests.Repository;

/// <summary>Holds the project files against the table in docs/architecture.md.</summary>
public class DependencyRuleTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Viaduct.Linux.Native"] = [],
        ["Viaduct.Linux"] = ["Viaduct.Linux.Native"],
        ["Viaduct.Addressing"] = [],
        ["Viaduct.Kube"] = [],
        ["Viaduct.Kube.Server"] = ["Viaduct.Addressing", "Viaduct.Kube"],
        ["Viaduct.Controllers"] = ["Viaduct.Addressing", "Viaduct.Kube"],
        ["Viaduct.Proxy"] = ["Viaduct.Kube", "Viaduct.Linux"],
        ["Viaduct.Cni"] = ["Viaduct.Addressing", "Viaduct.Linux"],
        ["Viaduct.Cni.Plugin"] = ["Viaduct.Cni"],
        ["Viaduct.Node"] = ["Viaduct.Addressing", "Viaduct.Cni", "Viaduct.Kube", "Viaduct.Linux"],
        ["Viaduct.Cluster"] = ["Viaduct.Addressing", "Viaduct.Controllers", "Viaduct.Kube.Server", "Viaduct.Node", "Viaduct.Proxy"],
        ["Viaduct.Lab"] = ["Viaduct.Cluster"],
        ["Viaduct.Cli"] = ["Viaduct.Lab"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetFiles(SourceDirectory, "*.csproj", SearchOption.AllDirectories).Select(p => Path.GetFileNameWithoutExtension(p))];

    private static string SourceDirectory => Path.Combine(RepositoryFiles.Root, "src");

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_room_may_see(string project)
    {
        var allowed = Assert.Contains(project, Allowed as IDictionary<string, string[]>);
        var references = Load(project).Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value));
        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void Unsafe_code_is_allowed_in_one_project_only()
    {
        var withUnsafe = Allowed.Keys.Where(p => Load(p).Descendants("AllowUnsafeBlocks").Any());
        Assert.Equal(["Viaduct.Linux.Native"], withUnsafe);
    }

    [Fact]
    public void The_plugin_carries_no_packages()
    {
        foreach (var project in new[] { "Viaduct.Linux.Native", "Viaduct.Linux", "Viaduct.Addressing", "Viaduct.Cni", "Viaduct.Cni.Plugin" })
            Assert.Empty(Load(project).Descendants("PackageReference").Concat(Load(project).Descendants("FrameworkReference")));
    }

    [Theory]
    [InlineData("Viaduct.Linux", "Kubernetes")]
    [InlineData("Viaduct.Linux.Native", "Kubernetes")]
    [InlineData("Viaduct.Kube", "Viaduct.Linux")]
    public void A_room_never_says_a_word_of_another(string project, string word)
    {
        var files = Directory.GetFiles(Path.Combine(SourceDirectory, project), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, f => File.ReadAllText(f).Contains(word, StringComparison.Ordinal));
    }

    private static XDocument Load(string project) => XDocument.Load(Path.Combine(SourceDirectory, project, $"{project}.csproj"));
}
