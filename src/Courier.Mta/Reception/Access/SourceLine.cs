namespace Courier.Mta.Reception.Access;

/// <summary>A line of one of Courier's files.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">From 1.</param>
/// <param name="Text">Never empty, never a comment.</param>
public sealed record SourceLine(string Path, int Number, string Text);

/// <summary>What is wrong with a line, or with a file where the number is 0.</summary>
public sealed record LineProblem(string Path, int Number, string Found, string Expected)
{
    public override string ToString() => Number > 0 ? $"{Path}:{Number}: found “{Found}”, expected {Expected}" : $"{Path}: found “{Found}”, expected {Expected}";
}
