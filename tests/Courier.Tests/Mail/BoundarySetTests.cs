using System.Text;
using Courier.Mail.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class BoundarySetTests
{
    [Fact]
    public void The_longest_and_innermost_boundary_is_found_whatever_else_is_open()
    {
        var words = Gen.Elements("a", "b").ListOf().Select(letters => string.Concat(letters.Take(5)));
        var cases = from boundaries in words.ListOf()
                    from removed in Gen.Choose(0, 10)
                    from line in words
                    select (Boundaries: boundaries.Where(word => word.Length > 0).Select((word, level) => (word, level)).ToList(), removed, line);
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            var set = new BoundarySet();
            foreach (var (word, level) in test.Boundaries)
                set.Add(Encoding.ASCII.GetBytes(word), level);
            set.Remove(test.removed);
            var best = (-1, 0);
            foreach (var (word, level) in test.Boundaries)
                if (level != test.removed && word.Length >= best.Item2 && test.line.StartsWith(word, StringComparison.Ordinal))
                    best = (level, word.Length);
            return set.Match(Encoding.ASCII.GetBytes(test.line)) == best;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
