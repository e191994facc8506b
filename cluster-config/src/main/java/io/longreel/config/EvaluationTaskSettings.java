package io.longreel.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An evaluation as a file describes it (specification 7.2-7.4): where its records are, how a question is put, how an answer is read and what
 * it counts. Templates have fields of a record in braces, {@code {video}}; {@code {a|b}} is the first of these fields that a record has.
 * {@code tasks/defaults.conf} explains every key. Immutable.
 *
 * @param name of the file, without its ending
 * @param title for people
 * @param frames most frames that are shown of each video
 * @param paper what others measured, to print beside
 * @param notes in what the score is not the authors'
 */
public record EvaluationTaskSettings(
        String name,
        String title,
        Records records,
        Prompt prompt,
        Optional<Subtitles> subtitles,
        int frames,
        Answer answer,
        Score score,
        Optional<Judge> judge,
        List<Published> paper,
        List<String> notes) {

    /** The metric over all records. */
    public static final String OVERALL = "overall";
    /** Beside a circular score: every record by itself. */
    public static final String PLAIN = "plain";
    /** Beside a judge's yes and no: the mean of the scores. */
    public static final String SCORE = "score";

    public EvaluationTaskSettings {
        paper = List.copyOf(paper);
        notes = List.copyOf(notes);
    }

    /** With another number of frames. */
    public EvaluationTaskSettings withFrames(int framesMax) {
        return new EvaluationTaskSettings(
                name, title, records, prompt, subtitles, framesMax, answer, score, judge, paper, notes);
    }

    /**
     * Records and their fields.
     *
     * @param files patterns below the data folder; the first that matches anything is meant
     * @param derived fields that are looked up
     * @param expected empty = the answers are secret: a file for submission is written
     * @param video paths below the data folder; the first that is there is meant
     * @param groups templates by name, in the order in which they are reported
     */
    public record Records(
            List<String> files,
            Optional<Join> join,
            Map<String, Lookup> derived,
            String id,
            String question,
            Options options,
            Optional<Expected> expected,
            List<String> video,
            Map<String, String> groups) {
        public Records {
            files = List.copyOf(files);
            derived = Collections.unmodifiableMap(new LinkedHashMap<>(derived));
            video = List.copyOf(video);
            groups = Collections.unmodifiableMap(new LinkedHashMap<>(groups));
        }
    }

    /**
     * A JSON object beside the records.
     *
     * @param key template of the key under which a record finds its value
     * @param field the value's name in the record
     * @param only whether records without a value are no part of the task
     */
    public record Join(String file, String key, String field, boolean only) {}

    /** A field by the value of another: {@code is} of {@code of}. */
    public record Lookup(String of, Map<String, String> is) {
        public Lookup {
            is = Map.copyOf(is);
        }
    }

    /**
     * What can be chosen from; no list and no columns = nothing.
     *
     * @param list field with all of them; blank = none
     * @param columns fields with one each
     * @param labelled whether they begin with their letter already
     */
    public record Options(String list, List<String> columns, boolean labelled) {
        public Options {
            columns = List.copyOf(columns);
        }

        /** Whether a record has any. */
        public boolean any() {
            return !list.isBlank() || !columns.isEmpty();
        }
    }

    /** The right answer. */
    public record Expected(String of, Form is) {}

    /** How a right answer is written. */
    public enum Form {
        /** Of an option, {@code A} the first. */
        LETTER,
        /** Of an option, 0 the first. */
        INDEX,
        /** An option's text, or any text where there are none. */
        TEXT
    }

    /**
     * What the model is told behind the video. {@code {question}}, {@code {options}} and {@code {subtitles}} are known beside the fields.
     *
     * @param withSubtitles for records that have some
     * @param option a line of the options: {@code {letter}} and {@code {text}}
     */
    public record Prompt(String text, String withSubtitles, String option) {}

    /**
     * What is said in the video.
     *
     * @param file paths below the data folder, of SubRip or JSON files; a record without such a file has none
     * @param shift template of the second of the file at which the video begins; blank = 0
     * @param rule which of them are given
     */
    public record Subtitles(List<String> file, String shift, Rule rule) {
        /** Which subtitles are given. */
        public enum Rule {
            /** Those that stand under a frame that is shown. */
            SHOWN_FRAMES,
            ALL
        }

        public Subtitles {
            file = List.copyOf(file);
        }
    }

    /** How an answer is asked for and read. */
    public record Answer(int tokensMax, Extract extract) {}

    /** What of an answer counts. */
    public enum Extract {
        /** The first capital letter of an option, behind what answers begin with; nothing of long answers without one (7.2). */
        FIRST_LETTER,
        /** A letter that stands alone: in brackets, between blanks, before a full stop; else an option's text (7.4, parse_choice). */
        MARKED_LETTER,
        /** The first character, when it is a letter of an option (7.4, VNBench). */
        FIRST_CHARACTER,
        /** {@code yes} or {@code no} as the first word. */
        YES_NO,
        /** All of it. */
        TEXT
    }

    /**
     * What answers count.
     *
     * @param circularGroup template: records of equal value are one question in several orders of its options; blank where that is not so
     * @param tries how many those are
     * @param meanOver a group: the score is the mean of its members' scores; blank = the mean over the records
     */
    public record Score(Kind kind, String circularGroup, int tries, String meanOver) {}

    /** How an answer is judged. */
    public enum Kind {
        /** Right is what was expected. */
        ACCURACY,
        /** Right is a question that was answered rightly in all orders of its options. */
        CIRCULAR,
        /** A model compares it with what was expected. */
        JUDGED
    }

    /** What a judge is told about each answer, and how it speaks. */
    public record Judge(List<Criterion> criteria, Verdict verdict, int tokensMax) {
        public Judge {
            criteria = List.copyOf(criteria);
        }
    }

    /**
     * One question to a judge.
     *
     * @param prompt with {@code {question}}, {@code {expected}} and {@code {answer}}
     */
    public record Criterion(String name, String prompt) {}

    /** What a judge says. */
    public enum Verdict {
        /** A whole number from 0 to 5. */
        SCORE,
        /** Yes or no, and such a number. */
        YES_NO
    }

    /**
     * What somebody measured.
     *
     * @param frames of each video; 0 = not known
     * @param values by metric: {@code overall}, {@code plain}, {@code score}, a judge's criterion, or {@code group=member}
     */
    public record Published(String model, String table, int frames, Map<String, Double> values) {
        public Published {
            values = Map.copyOf(values);
        }
    }
}
