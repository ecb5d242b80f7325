namespace Viaduct.Tests.Repository;

/// <summary>Finds the checkout that these tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Viaduct.slnx")))
                return directory.FullName;
        }

        throw new InvalidOperationException($"No Viaduct.slnx above {AppContext.BaseDirectory}; run the tests from a checkout.");
    }
}
