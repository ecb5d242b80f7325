namespace Viaduct.Tests.Repository;

public class CodeShapeTests
{
    private const int LongestFile = 500;

    [Fact]
    public void No_source_file_is_longer_than_500_lines()
    {
        var files = Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "src"), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, f => File.ReadLines(f).Count() > LongestFile);
    }

    [Fact]
    public void Every_document_that_a_page_links_to_exists()
    {
        var root = RepositoryFiles.Root;
        var pages = Directory.GetFiles(root, "*.md").Concat(Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories));
        var missing =
            from page in pages
            from System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:|#|mailto:)([^)#]+)")
            let target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)
            where !File.Exists(target) && !Directory.Exists(target)
            select $"{Path.GetRelativePath(root, page)} -> {link.Groups[1].Value}";
        Assert.Empty(missing);
    }
}
